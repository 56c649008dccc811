// mkfifo-pipe: named pipes with a life cycle. Manual page: mkfifo-pipe(1).
#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/ready.hpp"
#include "cli/timeout.hpp"
#include "fifo/session.hpp"

using namespace ipcutils;
using fifo::Job;
using fifo::OnFull;
using fifo::tool;

namespace {

fifo::OnFull parse_on_full(std::string_view text) {
  if (text == "block") return OnFull::block;
  if (text == "drop") return OnFull::drop;
  throw cli::UsageError{fmt::format("invalid argument '{}' of --on-full: 'block' or 'drop'", text)};
}

// Which option goes with which job. One that has no effect is a mistake.
void require_consistent(const fifo::Options& options, bool has_mode) {
  using Jobs = std::initializer_list<Job>;
  const auto require = [&](bool is_given, std::string_view option, Jobs jobs, std::string_view names) {
    if (is_given && std::ranges::find(jobs, options.job) == jobs.end())
      throw cli::UsageError{fmt::format("{} goes with {}", option, names)};
  };
  const Jobs transfers{Job::send, Job::receive};
  const Jobs uses{Job::send, Job::receive, Job::duplex};
  constexpr std::string_view all_uses = "--send, --receive or --duplex";
  require(options.keeps_open, "--keep-open", transfers, "--send or --receive");
  require(options.count.has_value(), "--count", {Job::receive, Job::duplex}, "--receive or --duplex");
  require(options.idle.has_value(), "--idle", {Job::receive, Job::duplex}, "--receive or --duplex");
  require(options.timeout.has_value(), "--timeout", uses, all_uses);
  require(options.removes, "--remove", uses, all_uses);
  require(options.is_existing, "--existing", uses, all_uses);
  require(options.capacity.has_value(), "--capacity", uses,
          "--send, --receive or --duplex: the kernel forgets it when nobody has the FIFO open");
  require(options.in_records, "--records and --on-full", {Job::send}, "--send");
  require(options.pages == Pages::by_reference, "--zero-copy", {Job::send}, "--send");
  require(options.delimiter != '\n', "--null", {Job::send}, "--send");
  require(options.progress != cli::ProgressWhen::never, "--progress", transfers, "--send or --receive");
  require(options.is_exclusive, "--exclusive", {Job::make, Job::send, Job::receive, Job::duplex},
          "FIFOs that have a name of their own");
  require(options.ready_fd.has_value(), "--ready-fd", {Job::make, Job::send, Job::receive, Job::duplex},
          "FIFOs that others use");
  require(options.is_quiet, "--quiet", {Job::send}, "--send");
  require(options.is_verbose, "--verbose", uses, all_uses);
  if (options.delimiter != '\n' && !options.in_records) throw cli::UsageError{"--null goes with --records"};
  if (options.in_records && options.pages == Pages::by_reference)
    throw cli::UsageError{"--zero-copy does not go with --records"};
  if (options.in_records && options.progress != cli::ProgressWhen::never)
    throw cli::UsageError{"--progress does not go with --records"};
  if (options.is_existing && (options.is_exclusive || has_mode))
    throw cli::UsageError{"--existing makes nothing: it goes without --exclusive and --mode"};
}

void require_operands(const fifo::Options& options) {
  if (std::ranges::count(options.paths, "") > 0) throw cli::UsageError{"invalid path '': the path is empty"};
  switch (options.job) {
    case Job::make:
      return cli::require_operands(options.paths, {"FIFO"}, 1, options.paths.size());
    case Job::send:
    case Job::receive:
      return cli::require_operands(options.paths, {"FIFO"}, 1, 1);
    case Job::duplex:
      cli::require_operands(options.paths, {"REQUEST", "REPLY"}, 2, 2);
      if (options.paths[0] == options.paths[1]) throw cli::UsageError{"REQUEST and REPLY are the same FIFO"};
      return;
    case Job::run_private:
      return cli::require_operands(options.paths, {}, 0, 0);
  }
}

fifo::Options parse(int argc, char** argv) {
  fifo::Options options;
  bool has_mode = false;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... FIFO...", "--send [OPTION]... FIFO", "--receive [OPTION]... FIFO",
                   "--duplex [OPTION]... REQUEST REPLY -- COMMAND [ARG]...",
                   "--private [OPTION]... -- COMMAND [ARG]..."},
      .summary = "Make named pipes, send through them, receive from them, serve clients by them.",
  }};
  const auto job_flag = [&](std::string_view names, std::string_view help, Job job) {
    command_line.flag(names, help, [&options, job] {
      if (options.job != Job::make && options.job != job)
        throw cli::UsageError{"--send, --receive, --duplex and --private exclude each other"};
      options.job = job;
    });
  };
  job_flag("send,s", "copy standard input into FIFO, and end when it has been read", Job::send);
  job_flag("receive,r", "copy FIFO to standard output, until its writers have gone", Job::receive);
  job_flag("duplex", "answer each client's REQUEST by COMMAND, whose output is the REPLY", Job::duplex);
  job_flag("private", "run COMMAND with a FIFO that nobody else can reach: $FIFO, or {}", Job::run_private);
  command_line.option("mode,m", "MODE", "permissions of a new FIFO, octal or symbolic (600)", [&](auto text) {
    options.mode = parse_mode(text, 0600);
    has_mode = true;
  });
  command_line.flag("exclusive,x", "fail if FIFO exists", options.is_exclusive);
  command_line.flag("existing", "fail if FIFO is missing, and take it from whoever it belongs to",
                    options.is_existing);
  command_line.flag("remove", "remove FIFO at the end", options.removes);
  command_line.option("capacity", "SIZE", "bytes that it holds while it is open",
                      [&](auto text) { options.capacity = parse_size(text, 1); });
  cli::add_timeout_options(command_line, "wait so long for the other side", options.timeout);
  command_line.flag("keep-open", "go on when the other side leaves", options.keeps_open);
  command_line.option("count,n", "N", "end after N writers, or clients",
                      [&](auto text) { options.count = parse_number(text, "number", 1); });
  command_line.option("idle", "DURATION", "end when nothing has come for so long",
                      [&](auto text) { options.idle = parse_duration(text); });
  command_line.flag("zero-copy", "pass pages of a file by reference: faster, but later writes show through",
                    [&] { options.pages = Pages::by_reference; });
  command_line.flag("records", "never mix lines with those of others", options.in_records);
  command_line.flag("null,0", "records end in NUL, not in newline", [&] { options.delimiter = '\0'; });
  command_line.option("on-full", "WHAT", "block, or drop records that find no room or no reader",
                      [&](auto text) {
                        options.on_full = parse_on_full(text);
                        options.in_records = options.in_records || options.on_full == OnFull::drop;
                      });
  cli::add_ready_option(command_line, options.ready_fd);
  cli::add_progress_option(command_line, options.progress);
  command_line.flag("quiet,q", "do not tell how many records were dropped", options.is_quiet);
  command_line.flag("verbose,v", "tell the capacity, and of dropped records at once", options.is_verbose);
  command_line.command(options.command);
  options.paths = command_line.parse(argc, argv);

  const bool takes_command = options.job == Job::duplex || options.job == Job::run_private;
  if (takes_command && options.command.empty()) throw cli::UsageError{"missing '--' and COMMAND"};
  if (!takes_command && !options.command.empty())
    throw cli::UsageError{"COMMAND goes with --duplex or --private"};
  require_operands(options);
  require_consistent(options, has_mode);
  // Who drops rather than wait does not wait long at the end either.
  if (options.on_full == OnFull::drop && !options.timeout) options.timeout = std::chrono::seconds{1};
  return options;
}

int run(const fifo::Options& options) {
  switch (options.job) {
    case Job::send:
      return fifo::send(options);
    case Job::receive:
      return fifo::receive(options);
    case Job::duplex:
      return fifo::serve(options);
    case Job::run_private:
      return fifo::run_with_private_fifo(options);
    case Job::make:
      break;
  }
  const int status = cli::for_each(tool, options.paths,
                                   [&](const std::string& path) { fifo::make_new(path, options.mode); });
  cli::tell_ready(options.ready_fd);
  return status;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_mkfifo_pipe(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run, cli::failure_status_with_command(argc, argv));
}
