// rpccall: calls a remote procedure. Manual page: rpccall(1).
#include <fmt/format.h>

#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <span>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/timeout.hpp"
#include "rpc/framing_option.hpp"
#include "rpccall/call.hpp"
#include "rpccall/params.hpp"

using namespace ipcutils;

namespace {

using rpccall::CallOptions;

void set_call(CallOptions& options, std::span<const std::string> operands) {
  options.method = operands[0];
  if (!is_utf8(options.method))
    throw cli::UsageError{fmt::format("the method {} is not UTF-8, as JSON must be", quote(options.method))};
  const auto params = operands.subspan(1);
  options.has_params_on_input = params.size() == 1 && params[0] == "-";
  if (!options.has_params_on_input) options.params = rpccall::params_of(params);
}

void require_local(const rpc::Address& address) {
  using enum rpc::Address::Family;
  if (address.family != unix_path && address.family != abstract)
    throw cli::UsageError{"--memfd needs a UNIX socket: unix: or abstract:"};
}

CallOptions parse(int argc, char** argv) {
  CallOptions options;
  cli::CommandLine command_line{{
      .tool = rpccall::tool,
      .synopses = {"[OPTION]... ADDRESS METHOD [NAME=TEXT | NAME:=JSON]...",
                   "[OPTION]... ADDRESS METHOD [TEXT | :=JSON]...", "[OPTION]... ADDRESS METHOD -",
                   "[OPTION]... --batch ADDRESS", "[OPTION]... --list ADDRESS"},
      .summary = "Call METHOD of the JSON-RPC server at ADDRESS, and write its result to standard output.",
      .notes = "ADDRESS is unix:PATH (or a path with a slash), abstract:NAME, tcp:HOST:PORT, tcp:PORT, or\n"
               "exec:COMMAND, whose standard input and output are the connection.\n\n"
               "NAME=TEXT and NAME:=JSON are parameters by name, TEXT and :=JSON by position. With '-' the\n"
               "params are on standard input, as a JSON array or object.",
      .numbers_are_operands = true,
      .operands = "ADDRESS,METHOD",
  }};
  const auto what = [&](CallOptions::What chosen) { return [&options, chosen] { options.what = chosen; }; };
  command_line.flag("notify", "send a notification: await no answer, only that it is read",
                    what(CallOptions::What::notify));
  command_line
      .flag("batch", "send the requests on standard input, one a line, as a batch",
            what(CallOptions::What::batch))
      .excludes("notify,METHOD");
  command_line
      .flag("list", "print the methods of the server and their parameters", what(CallOptions::What::list))
      .excludes("notify,batch,METHOD");
  cli::add_timeout_options(command_line, "wait at most this long, for the server to appear and to answer",
                           options.timeout);
  command_line
      .flag("raw", "write a result that is a string without quotes and newline",
            [&] { options.form.result = rpccall::AnswerForm::Result::raw; })
      .excludes("notify,batch,list");
  command_line.flag("json,j", "write an error as JSON; with --list: the answer as it is",
                    [&] { options.form.error = rpccall::AnswerForm::Error::json; });
  rpc::add_framing_option(command_line, options.how.framing);
  command_line.flag("memfd", "let the server pass a large result as a file in memory", options.takes_memory)
      .excludes("notify,batch,list");
  command_line.option("max-response", "SIZE", "refuse a longer answer (256M)",
                      [&](auto text) { options.how.max_size = parse_size(text, 1); });
  command_line.flag("verbose,v", "show all messages on standard error",
                    [&] { options.trace = rpccall::Client::Trace::shown; });
  cli::add_into_option(command_line, options.into, "notify");

  const auto operands = command_line.parse(argc, argv);
  using enum CallOptions::What;
  const bool has_method = options.what == call || options.what == notify;
  if (has_method)
    cli::require_operands(operands, {"ADDRESS", "METHOD"}, 2, operands.size());
  else
    cli::require_operands(operands, {"ADDRESS"}, 1, 1);
  options.server = rpc::Address::parse(operands[0]);
  rpccall::require_connectable(options.server);
  if (options.takes_memory) require_local(options.server);
  if (options.into && options.server.family == rpc::Address::Family::command)
    throw cli::UsageError{"--into and exec: exclude each other: the program needs a process of its own"};
  if (has_method) set_call(options, std::span{operands}.subspan(1));
  return options;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_rpccall(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, rpccall::tool, argc, argv, parse, rpccall::call);
}
