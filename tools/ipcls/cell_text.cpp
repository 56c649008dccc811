#include "cell_text.hpp"

#include <fmt/format.h>

#include <ctime>
#include <ipcutils/quote.hpp>

namespace ipcutils::ipcls {

namespace {

using Look = ObjectColumn::Look;

std::string time_text(std::time_t time) {
  struct tm local;
  char text[32];
  if (::localtime_r(&time, &local) == nullptr) return std::to_string(time);
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local)};
}

// "12 mbrecv", "13 mbrecv 5 behind 2 lost stopped"
std::string receiver_text(const MailboxReceiver& receiver) {
  auto text = std::to_string(receiver.process.pid);
  if (!receiver.process.command.empty()) text += " " + escape_distinctly(receiver.process.command);
  if (receiver.messages > 0) text += fmt::format(" {} behind", receiver.messages);
  if (receiver.lost > 0) text += fmt::format(" {} lost", receiver.lost);
  return receiver.is_stopped ? text + " stopped" : text;
}

struct CellText {
  Look look;
  cli::Sizes sizes;
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(std::int64_t value) const {
    return look == Look::time ? time_text(value) : std::to_string(value);
  }
  std::string operator()(std::uint64_t value) const {
    return look == Look::size ? cli::size_text(value, sizes) : std::to_string(value);
  }
  std::string operator()(const std::string& value) const { return escape_distinctly(value); }
  std::string operator()(const std::vector<std::uint64_t>& values) const {
    return fmt::format("{}", fmt::join(values, ","));
  }
  std::string operator()(const std::vector<SemaphoreState>& states) const {
    std::vector<std::string> texts;
    for (const auto& state : states)
      texts.push_back(fmt::format("{}/{}/{}/{}", state.value, state.waiting_to_take.value_or(0),
                                  state.waiting_for_zero.value_or(0), state.last_user.value_or(0)));
    return fmt::format("{}", fmt::join(texts, ","));
  }
  std::string operator()(const std::vector<Holder>& holders) const { return holders_text(holders); }
  std::string operator()(const std::vector<MailboxReceiver>& receivers) const {
    std::vector<std::string> texts;
    for (const auto& receiver : receivers) texts.push_back(receiver_text(receiver));
    return fmt::format("{}", fmt::join(texts, ","));
  }
  std::string operator()(const WaiterList& waiters) const {
    const auto known = holders_text(waiters.known);
    if (waiters.unknown == 0) return known;
    return fmt::format("{}{}+{} unknown", known, known.empty() ? "" : ",", waiters.unknown);
  }
};

}  // namespace

std::string cell_text(const Cell& cell, ObjectColumn::Look look, cli::Sizes sizes) {
  return std::visit(CellText{look, sizes}, cell);
}

std::string holders_text(const std::vector<Holder>& holders) {
  std::vector<std::string> texts;
  for (const auto& holder : holders)
    texts.push_back(fmt::format("{} {}", holder.pid, escape_distinctly(holder.command)));
  return fmt::format("{}", fmt::join(texts, ","));
}

}  // namespace ipcutils::ipcls
