// The Error that a call throws.
#pragma once

#include <ipcutils/error.hpp>
#include <stdexcept>

namespace ipcutils {

template <typename Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error{"no Error was thrown"};
}

}  // namespace ipcutils
