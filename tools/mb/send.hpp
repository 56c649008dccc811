// What mbsend is to do.
#pragma once

#include "../messages/send.hpp"
#include "mailbox_options.hpp"

namespace ipcutils::mb {

struct SendOptions : MailboxOptions, messages::SendOptions {
  SendOptions() : messages::SendOptions{.tool = "mbsend"} {}

  unsigned min_receivers = 0;  // that must have joined before the first message
  bool strict = false;         // a dropped message is a failure
  bool verbose = false;
};

// Sends the messages to the mailbox. Returns the exit status.
int send(const SendOptions& options);

}  // namespace ipcutils::mb
