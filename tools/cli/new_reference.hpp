// Telling of new objects.
#pragma once

#include <ipcutils/reference.hpp>

namespace ipcutils::cli {

// Prints the reference of an object that has just been made. An object that nobody has been told of must not
// stay: it is removed where that fails, and where a signal of the live Interruption comes before (Signalled).
void print_new_reference(const Reference& made);

}  // namespace ipcutils::cli
