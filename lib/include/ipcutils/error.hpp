// The one exception type of the library.
#pragma once

#include <ipcutils/export.hpp>
#include <string>
#include <string_view>
#include <system_error>

namespace ipcutils {

// A failure: what was tried, the reason, and where the kernel's reason misleads, a hint.
//
// `code()` keeps the errno of the system call that failed, in std::system_category(), so that callers can
// compare it with std::errc. Text that could not be understood carries EINVAL and a reason of its own. what()
// reads "ATTEMPT: REASON", for example "cannot create shared memory '/frame': File exists". It does not
// contain the hint.
//
// Outcomes that callers branch on (a missing object, an expired deadline) are values, not exceptions.
class IPCUTILS_EXPORT Error : public std::system_error {
 public:
  // The reason is the system's description of errnum.
  Error(int errnum, std::string attempt, std::string hint = {});

  // Text that is not what it should be, such as "invalid size '4Q'" with the reason "unknown unit 'Q'".
  static Error invalid(std::string attempt, std::string reason, std::string hint = {});

  // A reason that no errno describes, as of getaddrinfo(3); errnum is the one that comes closest.
  static Error because(int errnum, std::string attempt, std::string reason, std::string hint = {});

  const char* what() const noexcept override { return m_what.c_str(); }
  const std::string& attempt() const noexcept { return m_attempt; }
  const std::string& reason() const noexcept { return m_reason; }
  const std::string& hint() const noexcept { return m_hint; }  // empty: none

 private:
  Error(int errnum, std::string attempt, std::string reason, std::string hint);

  std::string m_attempt;
  std::string m_reason;
  std::string m_hint;
  std::string m_what;
};

}  // namespace ipcutils
