#include "mailbox_options.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/open_or_create.hpp>

#include "../cli/command_line.hpp"
#include "../cli/foreign.hpp"
#include "../cli/missing.hpp"

namespace ipcutils::mb {

namespace {

// Senders and receivers alike write to the file: one that its owner may not use would be left behind.
mode_t parse_mailbox_mode(std::string_view text) {
  const auto mode = parse_mode(text, 0600);
  if ((mode & 0600) != 0600) throw cli::UsageError{"--mode must let the owner read and write a mailbox"};
  return mode;
}

// `open` opens it as Mailbox::Sender::open_if_exists() does.
template <typename Open>
auto open_mailbox(const MailboxOptions& options, Open open) {
  if (!options.create) {
    if (auto found = open(Trust::anybody)) return std::move(*found);
    cli::throw_missing(options.mailbox);
  }
  const auto open_trusted = [&] {
    return cli::tell_way_to_take("leaving out --create", [&] { return open(Trust::self_and_root); });
  };
  const auto make = [&]() -> decltype(open_trusted()) {
    if (!Mailbox::create(options.mailbox, options.how)) return std::nullopt;
    return open_trusted();
  };
  if (auto opened = options.must_not_exist ? make() : open_or_create(open_trusted, make))
    return std::move(*opened);
  throw Error{EEXIST, fmt::format("cannot create {}", options.mailbox.description())};
}

}  // namespace

void add_mailbox_options(cli::CommandLine& command_line, MailboxOptions& options) {
  command_line.flag("create", "make the mailbox if it is missing", options.create);
  command_line.flag("exclusive,x", "with --create: fail if the mailbox exists", options.must_not_exist)
      .needs("create");
  command_line
      .option("mode,m", "MODE", "with --create: permissions, octal or symbolic (600)",
              [&](auto text) { options.how.mode = parse_mailbox_mode(text); })
      .needs("create");
  command_line
      .option("size", "SIZE", "with --create: bytes of messages that a new mailbox holds (1M)",
              [&](auto text) { options.how.size = parse_size(text, 1); })
      .needs("create");
  command_line
      .option("on-full", "WHAT",
              "with --create: what senders do if it is full: block, drop or overwrite (block)",
              [&](auto text) { options.how.on_full = parse_on_full(text); })
      .needs("create");
}

Mailbox::Sender open_sender(const MailboxOptions& options) {
  return open_mailbox(options,
                      [&](Trust trust) { return Mailbox::Sender::open_if_exists(options.mailbox, trust); });
}

Mailbox::Receiver open_receiver(const MailboxOptions& options, StartAt start) {
  return open_mailbox(
      options, [&](Trust trust) { return Mailbox::Receiver::open_if_exists(options.mailbox, start, trust); });
}

}  // namespace ipcutils::mb
