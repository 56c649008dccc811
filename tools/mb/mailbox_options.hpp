// Which mailbox a tool opens, and how it makes one.
#pragma once

#include <ipcutils/mailbox.hpp>

namespace ipcutils::cli {
class CommandLine;
}

namespace ipcutils::mb {

struct MailboxOptions {
  Reference mailbox{Kind::mb, PosixName{}};
  bool create = false;
  bool must_not_exist = false;
  Mailbox::CreateOptions how = {};
};

// Adds --create and what goes with it.
void add_mailbox_options(cli::CommandLine& command_line, MailboxOptions& options);

Mailbox::Sender open_sender(const MailboxOptions& options);
Mailbox::Receiver open_receiver(const MailboxOptions& options, StartAt start);

}  // namespace ipcutils::mb
