// rpcserve: serves commands as remote procedures. Manual page: rpcserve(1).
#include <fmt/format.h>

#include <cstdlib>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/size.hpp>
#include <string>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/ready.hpp"
#include "rpc/framing_option.hpp"
#include "rpcserve/options.hpp"
#include "rpcserve/server.hpp"

using namespace ipcutils;

namespace {

constexpr std::uint64_t largest_number = 65536;

void require_method_name(std::string_view name) {
  if (rpcserve::is_method_name(name)) return;
  throw cli::UsageError{
      fmt::format("invalid method {}: a name has letters, digits, '_', '.' and '-', and begins neither with "
                  "'.' nor 'rpc.'",
                  quote(name))};
}

std::pair<std::string, std::string> parse_method(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals + 1 == text.size())
    throw cli::UsageError{fmt::format("invalid method {}: it is not NAME=PATH", quote(text))};
  require_method_name(text.substr(0, equals));
  return {std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

void require_consistent(const rpcserve::Options& options) {
  using enum rpc::Address::Family;
  const auto family = options.address.family;
  const auto require = [](bool is_right, const char* sentence) {
    if (!is_right) throw cli::UsageError{sentence};
  };
  require(family != command,
          "exec: is an address for rpccall, and this is a server (unix:PATH, tcp:PORT, or -)");
  require(!options.methods.empty() || !options.directory.empty() || !options.command.empty(),
          "no method: give --method NAME=PATH, --dir DIR, or NAME -- COMMAND");
  const bool may_be_local = family == unix_path || family == abstract || family == inherited;
  require(!options.allowed_peers.are_named() || may_be_local,
          "--allow-uid and --allow-gid go with a UNIX socket");
  require(options.port_file.empty() || family == tcp, "--port-file goes with tcp:PORT");
  require(!options.offers_memory || may_be_local, "--memfd goes with a UNIX socket");
}

rpcserve::Options parse(int argc, char** argv) {
  rpcserve::Options options;
  cli::CommandLine command_line{{
      .tool = rpcserve::tool,
      .synopses = {"[OPTION]... ADDRESS", "[OPTION]... ADDRESS NAME -- COMMAND [ARG]..."},
      .summary =
          "Serve commands as remote procedures: run a command for each request of JSON-RPC 2.0, with the\n"
          "params on its standard input. Its standard output is the result.",
      .notes = "ADDRESS is unix:PATH, abstract:NAME, tcp:[HOST:]PORT, accept-fd:N for a socket that listens\n"
               "already, or - for standard input and output.",
  }};
  command_line.option("method", "NAME=PATH", "the program PATH answers the method NAME",
                      [&](auto text) { options.methods.push_back(parse_method(text)); });
  command_line.option("dir", "DIR", "each executable file in DIR answers the method of its name",
                      [&](auto text) { options.directory = text; });
  command_line.flag("raw", "standard output is a string, not JSON", options.has_raw_results);
  rpc::add_framing_option(command_line, options.framing);
  command_line.flag("mcp", "be a server of the Model Context Protocol; methods are its tools",
                    options.is_mcp);
  command_line.flag("memfd", "pass large results as memory to clients that ask for it",
                    options.offers_memory);
  command_line.option("call-timeout", "DURATION", "end a command that takes longer",
                      [&](auto text) { options.call_timeout = parse_duration(text); });
  command_line.option("message-timeout", "DURATION", "refuse a message that takes longer to come (30s)",
                      [&](auto text) { options.message_timeout = parse_duration(text); });
  command_line.option("max-children", "N", "run at most N commands at once (64)", [&](auto text) {
    options.max_children = parse_number(text, "number", 1, largest_number);
  });
  command_line.option("max-clients", "N", "serve at most N clients at once (256)", [&](auto text) {
    options.max_clients = parse_number(text, "number", 1, largest_number);
  });
  command_line.option("max-request", "SIZE", "refuse a longer message (16M)",
                      [&](auto text) { options.max_request = parse_size(text, 1); });
  command_line.option("max-result", "SIZE", "end a command that writes more (256M)",
                      [&](auto text) { options.max_result = parse_size(text, 1); });
  cli::add_allowed_peers_options(command_line, options.allowed_peers);
  cli::add_ready_option(command_line, options.ready_fd);
  command_line.option("port-file", "FILE", "write the port that is listened at to FILE",
                      [&](auto text) { options.port_file = text; });
  command_line.flag("verbose,v", "tell of clients on standard error", options.is_verbose);
  command_line.command(options.command);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"ADDRESS", "NAME"}, options.command.empty() ? 1 : 2,
                        options.command.empty() ? 1 : 2);
  options.address = rpc::Address::parse(operands[0]);
  if (!options.command.empty()) {
    options.name = operands[1];
    require_method_name(options.name);
  }
  require_consistent(options);
  return options;
}

// What another server, or systemd, has told this process is not for its commands.
void forget_inherited_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    if (text.starts_with("RPC_") || text.starts_with("LISTEN_"))
      names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
}

int run(const rpcserve::Options& options) {
  forget_inherited_variables();
  rpcserve::Server{options}.serve();
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_rpcserve(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, rpcserve::tool, argc, argv, parse, run,
                           cli::failure_status_with_command(argc, argv));
}
