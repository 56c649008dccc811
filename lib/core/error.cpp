#include <ipcutils/error.hpp>

namespace ipcutils {

Error::Error(int errnum, std::string attempt, std::string hint)
    : Error{errnum, std::move(attempt), std::system_category().message(errnum), std::move(hint)} {}

Error Error::invalid(std::string attempt, std::string reason, std::string hint) {
  return Error{EINVAL, std::move(attempt), std::move(reason), std::move(hint)};
}

Error Error::because(int errnum, std::string attempt, std::string reason, std::string hint) {
  return Error{errnum, std::move(attempt), std::move(reason), std::move(hint)};
}

Error::Error(int errnum, std::string attempt, std::string reason, std::string hint)
    : std::system_error{errnum, std::system_category()},
      m_attempt{std::move(attempt)},
      m_reason{std::move(reason)},
      m_hint{std::move(hint)},
      m_what{m_attempt + ": " + m_reason} {}

}  // namespace ipcutils
