#include <ipcutils/signal_name.hpp>

#include <algorithm>
#include <array>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <optional>
#include <utility>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

// The first name of a number is the one that kill -l prints.
constexpr std::array<std::pair<std::string_view, int>, 34> names{{
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},     {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL},   {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV},     {"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM},   {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},   {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"IO", SIGIO},     {"WINCH", SIGWINCH}, {"PWR", SIGPWR},
    {"SYS", SIGSYS},       {"IOT", SIGIOT},   {"CLD", SIGCHLD},  {"POLL", SIGPOLL},
}};
constexpr int last_standard = 31;

[[noreturn]] void refuse(std::string_view text, std::string reason) {
  throw Error::invalid(fmt::format("invalid signal {}", quote(text)), std::move(reason),
                       "'kill -l' lists the names");
}

std::string in_capitals(std::string_view text) {
  std::string name{text};
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

// The number behind "RTMIN+" or "RTMAX-".
int distance(std::string_view text, std::string_view from) {
  const auto range = static_cast<std::uint64_t>(SIGRTMAX - SIGRTMIN);
  return static_cast<int>(parse_number(text, fmt::format("distance from {}", from), 0, range));
}

std::optional<int> find_signal(std::string_view name) {
  const auto* const found = std::ranges::find(names, name, [](const auto& entry) { return entry.first; });
  if (found != names.end()) return found->second;
  if (name == "RTMIN") return SIGRTMIN;
  if (name == "RTMAX") return SIGRTMAX;
  if (name.starts_with("RTMIN+")) return SIGRTMIN + distance(name.substr(6), "RTMIN");
  if (name.starts_with("RTMAX-")) return SIGRTMAX - distance(name.substr(6), "RTMAX");
  return std::nullopt;
}

}  // namespace

int parse_signal(std::string_view text) {
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    const auto number = static_cast<int>(parse_number(text, "signal", 1, static_cast<unsigned>(SIGRTMAX)));
    if (number <= last_standard || is_real_time(number)) return number;
    refuse(text, "the C library keeps it for itself");
  }
  const auto name = in_capitals(text);
  const auto signal = find_signal(name.starts_with("SIG") ? name.substr(3) : name);
  if (!signal) refuse(text, text.empty() ? "it is empty" : "there is none of this name");
  return *signal;
}

std::vector<int> parse_signals(std::string_view text) {
  std::vector<int> signals;
  for (;;) {
    const auto comma = text.find(',');
    const int signal = parse_signal(text.substr(0, comma));
    if (std::ranges::find(signals, signal) == signals.end()) signals.push_back(signal);
    if (comma == text.npos) return signals;
    text.remove_prefix(comma + 1);
  }
}

std::string signal_name(int signal) {
  const auto* const found = std::ranges::find(names, signal, [](const auto& entry) { return entry.second; });
  if (found != names.end()) return std::string{found->first};
  if (signal < SIGRTMIN || signal > SIGRTMAX) return std::to_string(signal);
  const int from_first = signal - SIGRTMIN;
  const int from_last = SIGRTMAX - signal;
  if (from_first == 0) return "RTMIN";
  if (from_last == 0) return "RTMAX";
  return from_first <= from_last ? fmt::format("RTMIN+{}", from_first) : fmt::format("RTMAX-{}", from_last);
}

std::vector<int> all_signals() {
  std::vector<int> signals;
  for (int signal = 1; signal <= SIGRTMAX; ++signal)
    if (signal <= last_standard || is_real_time(signal)) signals.push_back(signal);
  return signals;
}

}  // namespace ipcutils
