#include "put_back.hpp"

#include <fmt/format.h>

#include <ipcutils/error.hpp>

#include "../cli/diagnostic.hpp"
#include "../cli/timeout.hpp"
#include "message_json.hpp"

namespace ipcutils::mq {

namespace {

// Without a timeout: somebody waits for the tool to end.
constexpr auto usual_patience = std::chrono::seconds{1};

}  // namespace

bool put_back(MessageQueue& queue, std::span<const Message> messages, const PutBack& how) {
  auto patience = how.timeout.value_or(usual_patience);
  std::string reason;
  std::size_t lost = 0;
  how.interruption.reset();
  for (const auto& message : messages) {
    try {
      const auto deadline = Deadline::after(patience).interrupted_by(how.interruption);
      if (queue.send(message, deadline)) continue;
      reason = "there is no room within the time allowed";
    } catch (const Error& error) {
      reason = error.reason();
    }
    // Who has waited for one in vain does not wait for each of the rest.
    patience = Duration::zero();
    ++lost;
    cli::write_diagnostic(message_to_json(message) + "\n");
  }
  if (lost == 0) return true;
  cli::write_diagnostic(fmt::format("{}: cannot put {} undelivered message{} back into {}: {}\n", how.tool,
                                    lost, lost == 1 ? "" : "s", how.queue, reason));
  return false;
}

}  // namespace ipcutils::mq
