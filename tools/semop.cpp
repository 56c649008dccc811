// semop: operates on semaphores, or holds them while a command runs. Manual page: semop(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/command.hpp>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/semaphore_set.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/foreign.hpp"
#include "cli/guarded_main.hpp"
#include "cli/missing.hpp"
#include "cli/object_making.hpp"
#include "cli/output.hpp"
#include "cli/timeout.hpp"
#include "semop/abandonment.hpp"
#include "semop/differences.hpp"
#include "semop/semaphore_action.hpp"
#include "semop/show.hpp"
#include "semop/without_undo.hpp"

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
  cli::TimeoutMessage timeout_message = cli::TimeoutMessage::printed;
  bool create = false;
  bool must_not_exist = false;
  mode_t mode = 0600;
  semop::Wanted wanted;
  bool json = false;
  bool is_verbose = false;
  bool holds = false;  // --hold
  std::optional<cli::Variable> into;

  bool only_shows() const { return operations.empty() && values.empty() && command.empty(); }
  SemaphoreSet::CreateOptions how() const {
    return {.mode = mode, .count = wanted.count.value_or(1), .value = wanted.value.value_or(1)};
  }
};

void add_action(const semop::SemaphoreAction& action, Options& options) {
  if (const auto* operation = std::get_if<SemaphoreOperation>(&action))
    options.operations.push_back(*operation);
  if (const auto* value = std::get_if<semop::SemaphoreValue>(&action)) options.values.push_back(*value);
}

// A lock goes with the process that has it, and has no value besides.
void require_use_of_lock(const Options& options) {
  if (options.command.empty() && !options.only_shows())
    throw cli::UsageError{
        "a lock on a file is held by a process alone: run it as COMMAND, 'semop file:PATH -- COMMAND'"};
  if (options.how().value != 1)
    throw cli::UsageError{"--init is for semaphores: a lock on a file is 1 while nobody has it"};
}

// The kernel takes it back when the process ends that did it.
void require_can_hold(const Options& options) {
  using cli::UsageError;
  if (cli::Environment::current().is_process())
    throw UsageError{
        "--hold is for the builtin of bash, which '. ipcutils.bash' makes: this process would end at once"};
  if (!options.values.empty()) throw UsageError{"--hold takes and gives, and does not set values"};
  if (!SemaphoreSet::has_undo(options.semaphores))
    throw UsageError{
        "--hold is for System V: the kernel does not take back what is done to other semaphores"};
}

// What depends on the operations and on the kind of semaphores.
void require_possible(const Options& options) {
  using cli::UsageError;
  if (std::holds_alternative<SysvPrivate>(options.semaphores.name))
    throw UsageError{
        "'private' would be a set that nobody else can find: make one with 'ipcnew --semaphore'"};
  if (!options.values.empty() && !options.operations.empty())
    throw UsageError{"values and operations cannot be mixed: they are not one step"};
  const auto takes = [](const SemaphoreOperation& operation) { return operation.delta < 0; };
  if (!options.command.empty() &&
      (!options.values.empty() || !std::ranges::all_of(options.operations, takes)))
    throw UsageError{"with COMMAND the operations must be below 0: what is held while it runs"};
  if (options.holds) require_can_hold(options);
  SemaphoreSet::require_possible(options.semaphores, options.operations);
  if (SemaphoreSet::has_several(options.semaphores)) return;
  if (options.how().count != 1) throw UsageError{"--sems is for System V: other semaphores are alone"};
  if (SemaphoreSet::is_lock(options.semaphores)) require_use_of_lock(options);
  const auto is_behind = [](const semop::SemaphoreValue& value) { return value.number != 0; };
  if (options.values.size() > 1 || std::ranges::any_of(options.values, is_behind))
    throw UsageError{"a POSIX semaphore is alone, and has the number 0"};
}

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... SEM [OP]... [-- COMMAND [ARG]...]"},
      .summary = "Operate on the semaphores SEM, hold them while COMMAND runs, or print their values.",
      .notes = "SEM is /NAME (POSIX), KEY, @ID or ftok:PATH[:PROJ] (System V), or file:PATH (a lock on a\n"
               "file, for COMMAND).\n\n"
               "OP is [NUM:]-N take, [NUM:]+N give, [NUM:]0 wait for zero, or [NUM:]=VALUE set. NUM counts\n"
               "from 0, which it is without. Without OP, COMMAND runs after -1.",
      .numbers_are_operands = true,
      .operands = "SEM,OP",
  }};
  cli::add_timeout_options(command_line, "wait at most this long", options.timeout);
  cli::add_timeout_status_option(command_line, options.timeout_status);
  cli::add_quiet_option(command_line, options.timeout_message);
  command_line.command(options.command);
  command_line.flag("create", "make the semaphores if they are missing", options.create);
  command_line.flag("exclusive,x", "with --create: fail if they exist", options.must_not_exist)
      .needs("create");
  command_line
      .option("mode,m", "MODE", "with --create: permissions, octal or symbolic (600)",
              [&](auto text) { options.mode = parse_mode(text, 0600); })
      .needs("create");
  command_line
      .option("sems", "N", "with --create: semaphores of a new set (1; System V)",
              [&](auto text) { options.wanted.count = cli::parse_semaphore_count(text); })
      .needs("create");
  command_line
      .option("init", "N", "with --create: their first value (1)",
              [&](auto text) {
                options.wanted.value = static_cast<unsigned>(parse_number(text, "value", 0, 2147483647));
              })
      .needs("create");
  command_line.flag("verbose,v", "with --create: say how those that exist differ", options.is_verbose)
      .needs("create");
  command_line.flag("json,j", "print one JSON object a semaphore", options.json)
      .excludes("OP,COMMAND", "it prints the values");
  command_line
      .flag("hold", "hold what is taken until the shell ends or gives it (System V; builtin)", options.holds)
      .needs("OP")
      .excludes("COMMAND", "COMMAND holds it while it runs");
  cli::add_into_option(command_line, options.into, "OP,COMMAND");

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"SEM"}, 1, operands.size());
  if (operands[0].find_first_of("+-=") == 0)
    throw cli::UsageError{
        fmt::format("{} stands where SEM is wanted, which comes first", quote(operands[0]))};
  options.semaphores = Reference::parse(operands[0], Kind::sem);
  for (std::size_t i = 1; i < operands.size(); ++i)
    add_action(semop::parse_semaphore_action(operands[i]), options);
  require_possible(options);
  if (!options.command.empty() && options.operations.empty()) options.operations = {{0, -1}};
  return options;
}

// Nothing when the set's maker has not completed it in time.
std::optional<SemaphoreSet> open_set(const Options& options, const Deadline& deadline) {
  const auto access = options.only_shows() ? Access::read : Access::write;
  if (!options.create) {
    if (auto found = SemaphoreSet::open_if_exists(options.semaphores, access)) return found;
    cli::throw_missing(options.semaphores);
  }
  if (!options.must_not_exist)
    return cli::tell_way_to_take("leaving out --create", [&] {
      return SemaphoreSet::open_or_create(options.semaphores, options.how(), deadline);
    });
  auto made = SemaphoreSet::create_and_open(options.semaphores, access, options.how());
  if (!made) throw Error{EEXIST, fmt::format("cannot create {}", options.semaphores.description())};
  return made;
}

int run(const Options& options) {
  // Found before anything is made or taken.
  std::optional<Command> command;
  if (!options.command.empty()) command.emplace(options.command);
  const auto deadline = cli::wait_deadline(options.timeout);
  const auto too_late = [&](std::string_view what) {
    return cli::timed_out(tool, fmt::format(fmt::runtime(what), options.semaphores.description()),
                          options.timeout_status, options.timeout_message);
  };

  auto set = open_set(options, deadline);
  if (!set) return too_late("{} was not given its values");
  if (options.is_verbose) semop::tell_differences(*set, options.semaphores, options.wanted);
  if (options.only_shows()) {
    if (options.into) cli::write_output_into(*options.into, cli::Shape::lines);
    semop::show(*set, options.json);
    return cli::exit_success;
  }
  for (const auto& value : options.values)
    if (!set->set_value(value.number, value.value, deadline)) return too_late("{} did not get its value");
  const auto not_possible = [&] {
    return too_late(command ? "{} not acquired" : "the operation on {} was not possible");
  };
  if (!SemaphoreSet::has_undo(options.semaphores)) {
    semop::Abandonment abandonment{*set, options.timeout_message};
    const auto status = semop::operate_without_undo(*set, options.operations, command, deadline, abandonment);
    if (status) return *status;
    const int timeout_status = not_possible();
    abandonment.look();
    return timeout_status;
  }
  using Undo = SemaphoreSet::Undo;
  const auto undo = command || options.holds ? Undo::at_exit : Undo::no;
  if (!set->operate(options.operations, deadline, undo)) return not_possible();
  // In our place: what is held comes back when COMMAND ends, and not before.
  if (command) command->execute();
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_semop(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run,
                           cli::failure_status_with_command(argc, argv));
}
