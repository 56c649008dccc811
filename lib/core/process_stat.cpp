#include "process_stat.hpp"

#include <fmt/format.h>

#include "read_file.hpp"
#include "words.hpp"

namespace ipcutils {

ProcessStat::ProcessStat(pid_t pid)
    : m_text{read_file_if_readable(fmt::format("/proc/{}/stat", pid)).value_or("")} {}

// The second field is the name in parentheses, which may hold both these and spaces.
std::string_view ProcessStat::operator[](Field field) const {
  std::string_view rest{m_text};
  rest.remove_prefix(std::min(rest.rfind(')') + 1, rest.size()));
  for (int i = state; i < field; ++i) take_word(rest);
  return take_word(rest);
}

}  // namespace ipcutils
