// ipcrun: runs a command with objects that go when it ends. Manual page: ipcrun(1).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ipcutils/command.hpp>
#include <ipcutils/interruption.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/isolation.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/signals.hpp>
#include <optional>
#include <utility>

#include "cli/command_line.hpp"
#include "cli/command_status.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/object_making.hpp"
#include "cli/signalled.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcrun";

// One object to be made, and the variable that tells COMMAND of it.
struct Order {
  std::string variable;
  Reference reference;
  cli::Making making;
};

struct Options {
  std::vector<Order> orders;
  bool isolate = false;
  std::vector<std::string> command;
};

bool is_variable(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !text.empty() && digits.find(text[0]) == digits.npos && text.find_first_not_of(all) == text.npos;
}

// The text up to a separator, which goes together with it.
std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

// "NAME=REF[,OPT]...", where OPT is "option=value".
Order parse_order(std::string_view text) {
  const auto whole = text;
  const auto variable = take_until(text, '=');
  if (variable.size() == whole.size() || !is_variable(variable))
    throw cli::UsageError{fmt::format(
        "invalid object {}: it must be NAME=REF, with the name of a variable, such as 'JOBS=mq:private'",
        quote(whole))};
  Order order{std::string{variable}, Reference::parse(take_until(text, ',')), {}};
  while (!text.empty()) {
    auto value = take_until(text, ',');
    const auto& option = cli::making_option(take_until(value, '='));
    if (!option.fits(order.reference))
      throw cli::UsageError{fmt::format("{} is for {}, and {} is none", quote(option.name), option.users,
                                        quote(order.reference.to_string()))};
    option.set(order.making, value);
  }
  cli::require_makeable(order.reference, order.making);
  return order;
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... -- COMMAND [ARG]..."},
      .summary = "Run COMMAND with objects that are removed when it ends.",
      .notes = "OBJECT is NAME=REF[,OPT]...: the variable NAME gets the reference of the new object REF, "
               "which is\n"
               "shm:, mq: or sem:, and /NAME (POSIX), KEY, ftok:PATH[:PROJ] or private (System V); or\n"
               "mb:/NAME. OPT is size=SIZE, mode=MODE, on-full=ACTION, max-messages=N, max-size=SIZE,\n"
               "qbytes=SIZE, sems=N or init=N.",
  }};
  command_line.option("make", "OBJECT", "make an object, and tell COMMAND of it in a variable",
                      [&](auto text) { options.orders.push_back(parse_order(text)); });
  command_line.flag("isolate", "run COMMAND where there are no other objects at all", options.isolate);
  command_line.command(options.command);
  const auto operands = command_line.parse(argc, argv);
  if (!operands.empty())
    throw cli::UsageError{fmt::format("unexpected operand {} (COMMAND follows '--')", quote(operands[0]))};
  if (options.command.empty()) throw cli::UsageError{"missing '--' and COMMAND"};
  return options;
}

// Objects that go with this, whatever happens to COMMAND.
class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { remove_all(); }

  void make(const Order& order) {
    auto made = cli::make_object(order.reference, order.making);
    if (!made) throw Error{EEXIST, fmt::format("cannot create {}", order.reference.description())};
    ::setenv(order.variable.c_str(), made->to_string().c_str(), 1);
    m_made.push_back({std::move(*made), std::nullopt});
    // An identifier of System V is never another object's; a POSIX name can be, so its file is remembered.
    auto& last = m_made.back();
    if (!std::holds_alternative<PosixName>(last.reference.name)) return;
    last.seen = find_object(last.reference);
    if (!last.seen) m_made.pop_back();  // somebody has removed it already
  }

  // Whether all that is still there could be removed.
  bool remove_all() {
    bool is_clean = true;
    for (const auto& made : std::exchange(m_made, {})) {
      try {
        if (made.seen)
          remove_object_if_same(*made.seen);
        else
          remove_object_if_exists(made.reference);
      } catch (const Error& error) {
        cli::report(tool, error);
        is_clean = false;
      }
    }
    return is_clean;
  }

 private:
  struct Made {
    Reference reference;  // as the kernel knows it
    std::optional<Object> seen;
  };

  std::vector<Made> m_made;
};

int run(const Options& options) {
  Command command{options.command};
  if (options.isolate) isolate();
  Interruption interruption{fatal_signals};
  Scope scope;
  for (const auto& order : options.orders) {
    scope.make(order);
    cli::require_no_signal(interruption);
  }
  const auto outcome = command.run(STDIN_FILENO, interruption);
  const bool is_clean = scope.remove_all();
  const int status = cli::ended_like(outcome);
  return is_clean || status != cli::exit_success ? status : cli::exit_own_failure;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcrun(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run,
                           cli::failure_status_with_command(argc, argv));
}
