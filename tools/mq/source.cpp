#include "source.hpp"

#include <fmt/format.h>

#include "../cli/signalled.hpp"
#include "../cli/timeout.hpp"
#include "put_back.hpp"

namespace ipcutils::mq {

int end_of(const MessageSource& source, const ReceiveOptions& options) {
  if (!source.is_short()) return cli::exit_success;
  return cli::timed_out(receiving_tool, fmt::format("no message in {}", options.queue.description()),
                        options.timeout_status, options.timeout_message);
}

bool put_back(MessageQueue& queue, std::span<const Message> messages, const ReceiveOptions& options,
              Interruption& interruption) {
  return put_back(queue, messages,
                  PutBack{receiving_tool, options.queue.description(), options.timeout, interruption});
}

void end_by_signal(int earlier, const Interruption& interruption) {
  if (earlier != 0) throw cli::Signalled{earlier};
  cli::require_no_signal(interruption);
}

}  // namespace ipcutils::mq
