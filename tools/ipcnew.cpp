// ipcnew: makes objects of interprocess communication. Manual page: ipcnew(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/number.hpp>
#include <ipcutils/signals.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/new_reference.hpp"
#include "cli/object_making.hpp"
#include "cli/output.hpp"
#include "cli/signalled.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcnew";

// One object to be made.
struct Order {
  Reference reference;
  std::optional<std::uint64_t> size = std::nullopt;  // shared memory; absent: that of the options
  std::optional<unsigned> count = std::nullopt;      // semaphores; absent: that of the options
};

struct Options {
  std::vector<Order> orders;
  cli::Making making;
  std::vector<const cli::MakingOption*> given;
  std::optional<cli::Variable> into;
};

cli::Making making_of(const Order& order, const Options& options) {
  auto making = options.making;
  if (order.size) making.size = order.size;
  if (order.count) making.count = order.count;
  return making;
}

// Whether a reference takes what the option says. -M and -S say the size and the number themselves.
bool takes(const Order& order, const cli::MakingOption& option) {
  const bool says_itself = (order.size && option.name == "size") || (order.count && option.name == "sems");
  return !says_itself && option.fits(order.reference);
}

// An option that nothing which is to be made can use is a mistake.
void require_used(const Options& options) {
  for (const auto* option : options.given)
    if (std::ranges::none_of(options.orders, [&](const Order& order) { return takes(order, *option); }))
      throw cli::UsageError{fmt::format("--{} is for {}, and nothing that is to be made takes it",
                                        option->name, option->users)};
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... [-M SIZE] [-Q] [-S N]", "[OPTION]... REF..."},
      .summary = "Make objects of interprocess communication and print their references.",
      .notes =
          "REF is shm:, mq: or sem:, and /NAME (POSIX), or KEY, ftok:PATH[:PROJ] or private (System V);\n"
          "or shm:file:PATH or sem:file:PATH; or mb:/NAME.",
  }};
  command_line.option("shmem,M", "SIZE", "make a private System V shared memory segment", [&](auto text) {
    options.orders.push_back({.reference = {Kind::shm, SysvPrivate{}}, .size = parse_size(text, 1)});
  });
  command_line.flag("queue,Q", "make a private System V message queue", [&] {
    options.orders.push_back({.reference = {Kind::mq, SysvPrivate{}}});
  });
  command_line.option("semaphore,S", "N", "make a private System V set of N semaphores", [&](auto text) {
    options.orders.push_back(
        {.reference = {Kind::sem, SysvPrivate{}}, .count = cli::parse_semaphore_count(text)});
  });
  const auto making_option = [&](std::string_view names, std::string_view argument, std::string_view help) {
    const auto& option = cli::making_option(names.substr(0, names.find(',')));
    command_line.option(names, argument, help, [&](auto text) {
      option.set(options.making, text);
      options.given.push_back(&option);
    });
  };
  making_option("size", "SIZE", "size of each shared memory object or mailbox (1M) REF");
  making_option("on-full", "ACTION",
                "what senders do when a mailbox is full: block (usual), drop or overwrite");
  making_option("max-messages", "N", "messages that each POSIX queue holds");
  making_option("max-size", "SIZE", "bytes of the longest message of each POSIX queue");
  making_option("qbytes", "SIZE", "bytes that each System V queue holds");
  making_option("sems", "N", "semaphores of each System V set REF (1)");
  making_option("init", "N", "first value of each semaphore (1)");
  making_option("mode,m", "MODE", "permissions, octal or symbolic (600)");

  cli::add_into_option(command_line, options.into);

  for (const auto& operand : command_line.parse(argc, argv))
    options.orders.push_back({.reference = Reference::parse(operand)});
  if (options.orders.empty())
    throw cli::UsageError{"nothing to make: neither -M, -Q or -S nor a reference is given"};
  for (const auto& order : options.orders) cli::require_makeable(order.reference, making_of(order, options));
  require_used(options);
  return options;
}

// Makes the object and tells its reference. In between, signals are held back.
void make_and_tell(const Order& order, const Options& options) {
  const Interruption interruption{fatal_signals};
  const auto made = cli::make_object(order.reference, making_of(order, options));
  if (!made) throw Error{EEXIST, fmt::format("cannot create {}", order.reference.description())};
  cli::print_new_reference(*made);
  cli::require_no_signal(interruption);
}

int run(const Options& options) {
  if (options.into)
    cli::write_output_into(*options.into, options.orders.size() == 1 ? cli::Shape::text : cli::Shape::lines);
  return cli::for_each(tool, options.orders, [&](const Order& order) { make_and_tell(order, options); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcnew(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run);
}
