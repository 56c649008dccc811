#include "proc_number.hpp"

#include <string_view>

#include "../core/failure.hpp"
#include "../core/read_file.hpp"
#include "../core/words.hpp"

namespace ipcutils {

pid_t number_in_proc(int process, const std::string& attempt) {
  constexpr std::string_view label = "\nPid:\t";
  const auto text = read_file_if_readable(fmt::format("/proc/self/fdinfo/{}", process)).value_or("");
  const auto found = text.find(label);
  const auto number =
      found == text.npos ? 0 : number_in<pid_t>(std::string_view{text}.substr(found + label.size()), 10);
  if (number == -1) throw Error::because(ESRCH, attempt, "there is no such process");
  if (number == 0) throw Error::because(EACCES, attempt, "/proc does not show it");
  return number;
}

}  // namespace ipcutils
