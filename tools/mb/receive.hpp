// What mbrecv is to do.
#pragma once

#include <optional>

#include "../messages/receive.hpp"
#include "mailbox_options.hpp"

namespace ipcutils::mb {

struct ReceiveOptions : MailboxOptions, messages::ReceiveOptions {
  ReceiveOptions() : messages::ReceiveOptions{.tool = "mbrecv"} {}

  StartAt start = StartAt::now;
  bool strict = false;                         // a lost message is a failure
  std::optional<int> ready_fd = std::nullopt;  // told when the receiver has joined
};

// Receives messages from the mailbox. Returns the exit status.
int receive(const ReceiveOptions& options);

}  // namespace ipcutils::mb
