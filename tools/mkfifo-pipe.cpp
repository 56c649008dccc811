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
#include "fifo/used_fifo.hpp"

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
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... FIFO...", "--send [OPTION]... FIFO", "--receive [OPTION]... FIFO",
                   "--duplex [OPTION]... REQUEST REPLY -- COMMAND [ARG]...",
                   "--private [OPTION]... -- COMMAND [ARG]..."},
      .summary = "Make named pipes, send through them, receive from them, serve clients by them.",
  }};
  // An option that its job has no use for is a mistake.
  constexpr std::string_view transfers = "send,receive";
  constexpr std::string_view uses = "send,receive,duplex";
  constexpr std::string_view after = "it follows '--'";
  const auto job_flag = [&](std::string_view names, std::string_view help, Job job) -> auto& {
    return command_line.flag(names, help, [&options, job] { options.job = job; });
  };
  job_flag("send,s", "copy standard input into FIFO, and end when it has been read", Job::send)
      .excludes("receive,duplex,private");
  job_flag("receive,r", "copy FIFO to standard output, until its writers have gone", Job::receive)
      .excludes("duplex,private");
  job_flag("duplex", "answer each client's REQUEST by COMMAND, whose output is the REPLY", Job::duplex)
      .excludes("private")
      .needs("COMMAND", after);
  job_flag("private", "run COMMAND with a FIFO that nobody else can reach: $FIFO, or {}", Job::run_private)
      .needs("COMMAND", after);
  command_line.option("mode,m", "MODE", "permissions of a new FIFO, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });
  command_line.flag("exclusive,x", "fail if FIFO exists", options.is_exclusive).excludes("private");
  command_line
      .flag("existing", "fail if FIFO is missing, and take it from whoever it belongs to",
            options.is_existing)
      .needs(uses)
      .excludes("exclusive,mode", "--existing makes nothing");
  command_line.flag("remove", "remove FIFO at the end", options.removes).needs(uses);
  command_line
      .option("capacity", "SIZE", "bytes that it holds while it is open",
              [&](auto text) { options.capacity = parse_size(text, 1); })
      .needs(uses, "the kernel forgets it when nobody has the FIFO open");
  cli::add_timeout_options(command_line, "wait at most this long for the other side", options.timeout);
  for (const auto name : {"timeout", "nonblock"}) command_line.at(name).needs(uses);
  command_line.flag("keep-open", "go on when the other side leaves", options.keeps_open).needs(transfers);
  command_line
      .option("count,n", "N", "end after N writers, or clients",
              [&](auto text) { options.count = parse_number(text, "number", 1); })
      .needs("receive,duplex");
  command_line
      .option("idle", "DURATION", "end after nothing has come for this long",
              [&](auto text) { options.idle = parse_duration(text); })
      .needs("receive,duplex");
  command_line
      .flag("zero-copy", "pass pages of a file by reference: faster, but later writes show through",
            [&] { options.pages = Pages::by_reference; })
      .needs("send")
      .excludes("records,on-full");
  command_line.flag("records", "never mix lines with those of others", options.in_records).needs("send");
  command_line.flag("null,0", "records end in NUL, not in newline", [&] { options.delimiter = '\0'; })
      .needs("send");
  command_line
      .option("on-full", "WHAT", "block, or drop records that find no room or no reader",
              [&](auto text) {
                options.on_full = parse_on_full(text);
                options.in_records = options.in_records || options.on_full == OnFull::drop;
              })
      .needs("send");
  cli::add_ready_option(command_line, options.ready_fd);
  command_line.at("ready-fd").excludes("private");
  cli::add_progress_option(command_line, options.progress);
  command_line.at("progress").needs(transfers).excludes("records,on-full");
  command_line.flag("quiet,q", "do not tell how many records were dropped", options.is_quiet).needs("send");
  command_line.flag("verbose,v", "tell the capacity, and of dropped records at once", options.is_verbose)
      .needs(uses);
  command_line.command(options.command).needs("duplex,private");
  options.paths = command_line.parse(argc, argv);

  require_operands(options);
  if (options.delimiter != '\n' && !options.in_records) throw cli::UsageError{"--null needs --records"};
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

IPCUTILS_ENTRY ipcutils_mkfifo_pipe(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, tool, argc, argv, parse, run,
                           cli::failure_status_with_command(argc, argv));
}
