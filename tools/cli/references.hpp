// References as operands, as lines of standard input, and as output.
#pragma once

#include <ipcutils/reference.hpp>
#include <set>
#include <vector>

namespace ipcutils::cli {

// The references that standard input holds, each ended by `terminator` (the last one may go without). Every
// one must name its kind; `probable` are those that a hint proposes. Blocks until the end of the input;
// throws Error for the first that is none.
std::vector<Reference> read_references(char terminator, const std::set<Kind>& probable = {});

// Prints a reference and the terminator. One that is not printable cannot stand in a line, so with '\n' it is
// left out: false then.
bool print_reference(const Reference& reference, char terminator);

}  // namespace ipcutils::cli
