#include "put_back.hpp"

#include <fmt/format.h>

#include <ipcutils/error.hpp>

#include "../cli/count_text.hpp"
#include "../cli/diagnostic.hpp"
#include "../messages/message_json.hpp"
#include "safe_send.hpp"

namespace ipcutils::mq {

bool put_back(MessageQueue& queue, std::span<const Message> messages, const PutBack& how) {
  auto timeout = time_for_room(how.timeout);
  std::string reason;
  std::size_t lost = 0;
  how.interruption.reset();
  for (const auto& message : messages) {
    try {
      const auto deadline = Deadline::after(timeout).interrupted_by(how.interruption);
      if (send_safely(queue, message, deadline)) continue;
      reason = "there is no room within the time allowed";
    } catch (const Error& error) {
      reason = error.reason();
    }
    // Who has waited for one in vain does not wait for each of the rest.
    timeout = Duration::zero();
    ++lost;
    cli::write_diagnostic(messages::message_to_json(message) + "\n");
  }
  if (lost == 0) return true;
  const auto messages_text = cli::count_text(lost, "undelivered message", "undelivered messages");
  cli::write_diagnostic(
      fmt::format("{}: cannot put {} back into {}: {}\n", how.tool, messages_text, how.queue, reason));
  return false;
}

}  // namespace ipcutils::mq
