// semop: operates on semaphores, or holds them while a command runs. Manual page: semop(1).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/interruption.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/fatal_signal.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"
#include "cli/timeout.hpp"
#include "semop/semaphore_action.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "semop";

struct Options {
  Reference semaphores{Kind::sem, SysvPrivate{}};
  std::vector<SemaphoreOperation> operations;
  std::vector<semop::SemaphoreValue> values;
  std::vector<std::string> command;
  std::optional<Duration> timeout;
  int timeout_status = cli::exit_timeout;
  bool create = false;
  bool must_not_exist = false;
  std::optional<mode_t> mode;
  std::optional<unsigned> count;
  std::optional<unsigned> value;
  bool json = false;

  bool only_shows() const { return operations.empty() && values.empty() && command.empty(); }
  SemaphoreSet::CreateOptions how() const {
    return {.mode = mode.value_or(0600), .count = count.value_or(1), .value = value.value_or(1)};
  }
};

void add_action(const semop::SemaphoreAction& action, Options& options) {
  if (const auto* operation = std::get_if<SemaphoreOperation>(&action))
    options.operations.push_back(*operation);
  if (const auto* value = std::get_if<semop::SemaphoreValue>(&action)) options.values.push_back(*value);
}

void require_consistent(const Options& options) {
  const auto forbid = [](bool is_wrong, std::string_view reason) {
    if (is_wrong) throw cli::UsageError{std::string{reason}};
  };
  forbid(std::holds_alternative<SysvPrivate>(options.semaphores.name),
         "'private' would be a set that nobody else can find: make one with 'ipcnew --semaphore'");
  const bool has_command = !options.command.empty();
  const auto takes = [](const SemaphoreOperation& operation) { return operation.delta < 0; };
  forbid(!options.values.empty() && !options.operations.empty(),
         "values and operations cannot be mixed: they are not one step");
  forbid(has_command && (!options.values.empty() || !std::ranges::all_of(options.operations, takes)),
         "with COMMAND the operations must be below 0: what is held while it runs");
  forbid(options.json && !options.only_shows(), "--json is for printing the values");
  const auto needs_create = [&](bool is_given, std::string_view option) {
    if (is_given && !options.create) throw cli::UsageError{fmt::format("{} goes with --create", option)};
  };
  needs_create(options.must_not_exist, "--exclusive");
  needs_create(options.mode.has_value(), "--mode");
  needs_create(options.count.has_value(), "--sems");
  needs_create(options.value.has_value(), "--init");
  forbid(options.count.value_or(1) != 1 && !SemaphoreSet::has_several(options.semaphores),
         "--sems is for System V: a POSIX semaphore is alone");
  SemaphoreSet::require_possible(options.semaphores, options.operations);
  const auto is_behind = [](const semop::SemaphoreValue& value) { return value.number != 0; };
  forbid(!SemaphoreSet::has_several(options.semaphores) &&
             (options.values.size() > 1 || std::ranges::any_of(options.values, is_behind)),
         "a POSIX semaphore is alone, and has the number 0");
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... SEM [OP]... [-- COMMAND [ARG]...]"},
      .summary = "Operate on the semaphores SEM, hold them while COMMAND runs, or print their values.",
      .notes = "SEM is /NAME (POSIX), or KEY, @ID or ftok:PATH[:PROJ] (System V).\n\n"
               "OP is [NUM:]-N take, [NUM:]+N give, [NUM:]0 wait for zero, or [NUM:]=VALUE set. NUM counts\n"
               "from 0, which it is without. Without OP, COMMAND runs after -1.",
      .numbers_are_operands = true,
  }};
  cli::add_timeout_options(command_line, "wait so long", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  command_line.command(options.command);
  command_line.flag("create", "make the semaphores if they are missing", options.create);
  command_line.flag("exclusive,x", "with --create: fail if they exist", options.must_not_exist);
  command_line.option("mode,m", "MODE", "with --create: permissions, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });
  command_line.option("sems", "N", "with --create: semaphores of a new set (1; System V)", [&](auto text) {
    options.count = static_cast<unsigned>(parse_number(text, "number of semaphores", 1, 65535));
  });
  command_line.option("init", "N", "with --create: their first value (1)", [&](auto text) {
    options.value = static_cast<unsigned>(parse_number(text, "value", 0, 2147483647));
  });
  command_line.flag("json,j", "print one JSON object a semaphore", options.json);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SEM"}, 1, operands.size());
  if (operands[0].find_first_of("+-=") == 0)
    throw cli::UsageError{
        fmt::format("{} stands where SEM is wanted, which comes first", quote(operands[0]))};
  options.semaphores = Reference::parse(operands[0], Kind::sem);
  for (std::size_t i = 1; i < operands.size(); ++i)
    add_action(semop::parse_semaphore_action(operands[i]), options);
  require_consistent(options);
  if (!options.command.empty() && options.operations.empty()) options.operations = {{0, -1}};
  return options;
}

// Nothing when the set's maker has not completed it in time.
std::optional<SemaphoreSet> open_set(const Options& options, const Deadline& deadline) {
  const auto access = options.only_shows() ? Access::read : Access::write;
  if (!options.create) return SemaphoreSet::open(options.semaphores, access);
  if (!options.must_not_exist)
    return SemaphoreSet::open_or_create(options.semaphores, options.how(), deadline);
  auto made = SemaphoreSet::create_and_open(options.semaphores, access, options.how());
  if (!made) throw Error{EEXIST, fmt::format("cannot create {}", options.semaphores.description())};
  return made;
}

void show(const SemaphoreSet& set, bool as_json) {
  const auto or_null = [](const auto& value) { return value ? nlohmann::ordered_json(*value) : nullptr; };
  unsigned number = 0;
  for (const auto& state : set.states()) {
    if (!as_json) {
      cli::print("{}\n", state.value);
      continue;
    }
    const nlohmann::ordered_json line{{"number", number++},
                                      {"value", state.value},
                                      {"ncount", or_null(state.waiting_to_take)},
                                      {"zcount", or_null(state.waiting_for_zero)},
                                      {"pid", or_null(state.last_user)}};
    cli::print("{}\n", line.dump());
  }
}

// What the kernel does not take back when we die: a signal must not end the process while it is counted among
// those who wait, or holds anything. COMMAND is a child therefore. Nothing when it was not possible in time.
std::optional<int> operate_without_undo(SemaphoreSet& set, std::optional<cli::Command>& command,
                                        const Options& options, const Deadline& deadline) {
  Interruption interruption{cli::fatal_signals};
  if (!set.operate(options.operations, deadline.interrupted_by(interruption))) {
    if (interruption.has_come()) throw cli::Signalled{interruption.signal()};
    return std::nullopt;
  }
  if (!command) return cli::exit_success;
  const auto give_back = [&] {
    auto operations = options.operations;
    for (auto& operation : operations) operation.delta = -operation.delta;
    set.operate(operations, Deadline::immediate());
  };
  cli::Command::Outcome outcome{};
  try {
    outcome = command->run(STDIN_FILENO, interruption);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
  return cli::ended_like(outcome);
}

int run(const Options& options) {
  // Found before anything is made or taken.
  std::optional<cli::Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  const auto deadline = cli::wait_deadline(options.timeout);
  const auto too_late = [&](std::string_view what) {
    return cli::timed_out(tool, fmt::format(fmt::runtime(what), options.semaphores.description()),
                          options.timeout_status);
  };

  auto set = open_set(options, deadline);
  if (!set) return too_late("{} was not given its values");
  if (options.only_shows()) {
    show(*set, options.json);
    return cli::exit_success;
  }
  for (const auto& value : options.values) set->set_value(value.number, value.value);
  const auto not_possible = [&] {
    return too_late(command ? "{} not acquired" : "the operation on {} was not possible");
  };
  if (!SemaphoreSet::has_undo(options.semaphores)) {
    const auto status = operate_without_undo(*set, command, options, deadline);
    return status ? *status : not_possible();
  }
  using Undo = SemaphoreSet::Undo;
  if (!set->operate(options.operations, deadline, command ? Undo::at_exit : Undo::no)) return not_possible();
  // In our place: what is held comes back when COMMAND ends, and not before.
  if (command) command->execute();
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_semop(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run, cli::failure_status_with_command(argc, argv));
}
