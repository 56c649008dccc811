// The command line of sockcat.
#include <fmt/format.h>
#include <sys/socket.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/command_line.hpp"
#include "../cli/output.hpp"
#include "../cli/ready.hpp"
#include "../cli/timeout.hpp"
#include "address_help.hpp"
#include "address_hint.hpp"
#include "peer_rule.hpp"
#include "settings.hpp"
#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

using cli::UsageError;

// Rewrites spellings that only socat has as the options of this tool: "-lf FILE" is "-lfFILE".
std::vector<std::string> normalize_socat_options(int argc, char** argv) {
  std::vector<std::string> tokens{argv, argv + argc};
  for (std::size_t i = 1; i < tokens.size() && tokens[i] != "--"; ++i) {
    auto& token = tokens[i];
    if (token == "-hh" || token == "-hhh") token = "--help-addresses";
    if (token == "-?") token = "--help";
    if (token.starts_with("-,") || token.starts_with("-!!")) token.replace(0, 1, "stdio");
    if ((token == "-lf" || token == "-lp") && i + 1 < tokens.size()) {
      token += tokens[i + 1];
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  return tokens;
}

int parse_facility(std::string_view text) {
  constexpr std::pair<std::string_view, int> facilities[] = {
      {"", LOG_DAEMON},       {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"cron", LOG_CRON},
      {"daemon", LOG_DAEMON}, {"ftp", LOG_FTP},       {"kern", LOG_KERN},         {"local0", LOG_LOCAL0},
      {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},     {"local4", LOG_LOCAL4},
      {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7},     {"lpr", LOG_LPR},
      {"mail", LOG_MAIL},     {"news", LOG_NEWS},     {"syslog", LOG_SYSLOG},     {"user", LOG_USER},
      {"uucp", LOG_UUCP}};
  const auto found = std::ranges::find(facilities, text, [](const auto& row) { return row.first; });
  if (found == std::end(facilities))
    throw UsageError{fmt::format("unknown facility {} of syslog", quote(text))};
  return found->second;
}

// "fFILE", "yFACILITY", …
void set_log(LogSettings& log, std::string_view text) {
  const char what = text.empty() ? '\0' : text[0];
  const auto rest = text.substr(text.empty() ? 0 : 1);
  const auto send_to = [&](LogSettings::Sink sink) {
    log.sink = sink;
    log.has_been_chosen = true;
  };
  switch (what) {
    case 'f':
      if (rest.empty()) throw UsageError{"missing FILE after '-lf'"};
      log.file = rest;
      return send_to(LogSettings::Sink::file);
    case 's':
      return send_to(LogSettings::Sink::standard_error);
    case 'y':
      log.facility = parse_facility(rest);
      return send_to(LogSettings::Sink::syslog);
    case 'm':
      log.facility = parse_facility(rest);
      log.is_mixed = true;
      return send_to(LogSettings::Sink::standard_error);
    case 'p':
      if (rest.empty()) throw UsageError{"missing NAME after '-lp'"};
      log.program = rest;
      return;
    case 'u':
      log.has_microseconds = true;
      return;
    case 'h':
      log.has_host = true;
      return;
    default: {
      const auto hint = listening_hint(text);
      throw UsageError{
          fmt::format("unknown option '-l{}'{}", text, hint.empty() ? hint : fmt::format(" ({})", hint))};
    }
  }
}

void raise(LogLevel& level) {
  if (level < LogLevel::debugging) level = static_cast<LogLevel>(static_cast<int>(level) + 1);
}

bool runs_program(const EndSpec& end) {
  const auto is_program = [](const AddressSpec& spec) {
    return (spec.keyword->groups & group::command) != 0;
  };
  return is_program(end.read) || (end.write && is_program(*end.write));
}

std::vector<const AddressSpec*> addresses_of(const Settings& settings) {
  std::vector<const AddressSpec*> addresses;
  const auto add = [&](const EndSpec& end) {
    addresses.push_back(&end.read);
    if (end.write) addresses.push_back(&*end.write);
  };
  add(settings.first);
  if (settings.second) add(*settings.second);
  return addresses;
}

bool is_unix_socket(const AddressSpec* spec) { return spec->keyword->mechanism == Mechanism::unix_socket; }

// The kernel knows the peer of a UNIX socket that is connected, and no sender of datagrams.
bool has_credentials(const AddressSpec* spec) {
  return is_unix_socket(spec) && (spec->keyword->groups & (group::stream | group::listen)) != 0 &&
         spec->number(Option::socktype) != std::uint64_t{SOCK_DGRAM};
}

bool can_check_credentials(const Settings& settings) {
  const auto addresses = addresses_of(settings);
  return std::ranges::any_of(addresses, has_credentials) &&
         std::ranges::all_of(addresses,
                             [](const auto* spec) { return !is_unix_socket(spec) || has_credentials(spec); });
}

bool has_port(const AddressSpec* spec) {
  const auto groups = spec->keyword->groups;
  return (groups & group::host) != 0 && (groups & (group::listen | group::range)) != 0;
}

// What gives or takes data that this process holds: no program could have it for a descriptor.
bool needs_copying(const AddressSpec* spec) {
  using enum Keyword::Id;
  constexpr std::array ids{text, stall, udp_listen, udp_recvfrom, unix_recvfrom};
  return std::ranges::find(ids, spec->keyword->id) != ids.end();
}

bool has_option_of_copying(const AddressSpec* spec) {
  constexpr std::array ids{Option::cr,        Option::crnl,     Option::escape,
                           Option::ignoreeof, Option::null_eof, Option::readbytes};
  return std::ranges::any_of(ids, [spec](Option::Id id) { return spec->find(id) != nullptr; });
}

bool says_how_to_copy(const Settings& settings) {
  return settings.block != 0 || settings.half_close_timeout || settings.idle != unlimited ||
         settings.dumps_text || settings.dumps_hexadecimal || !settings.forward_record.empty() ||
         !settings.backward_record.empty() || settings.progress != cli::ProgressWhen::never ||
         settings.shows_statistics;
}

void require(bool is_right, std::string_view otherwise) {
  if (!is_right) throw UsageError{std::string{otherwise}};
}

// A program that takes the place of this process copies nothing.
void require_nothing_to_copy(const Settings& settings) {
  const auto addresses = addresses_of(settings);
  const auto bad = std::ranges::find_if(addresses, needs_copying);
  if (bad != addresses.end())
    throw UsageError{
        fmt::format("nofork does not go with {}, which has no descriptor to give", (*bad)->keyword->name)};
  require(!says_how_to_copy(settings) && std::ranges::none_of(addresses, has_option_of_copying),
          "nofork copies nothing, so options that say how to copy do not go with it");
}

void require_consistent(const Settings& settings) {
  const auto& first = settings.first;
  const auto* second = settings.second ? &*settings.second : nullptr;
  const auto any = [&](auto predicate) {
    return predicate(first) || (second != nullptr && predicate(*second));
  };
  const auto forks = [](const EndSpec& end) { return end.read.has(Option::fork); };
  require(!settings.count || any(forks), "--count goes with fork");
  require(settings.port_file.empty() || std::ranges::any_of(addresses_of(settings), has_port),
          "--port-file goes with an address that listens at a port");
  require(!settings.allowed_peers.are_named() || can_check_credentials(settings),
          "--allow-uid and --allow-gid need UNIX sockets that are connected: no other peer has credentials");
  const auto forks_one_of_two = [&](const EndSpec& end) {
    return end.write && (forks(end) || end.write->has(Option::fork));
  };
  require(!any(forks_one_of_two), "fork does not go with '!!'");
  require(second == nullptr || !forks(*second) || !runs_program(first),
          "fork of the second address does not go with a command as the first");
  require(!first.read.has(Option::nofork) && !any([](const EndSpec& end) {
    return end.write && (end.write->has(Option::nofork) || end.read.has(Option::nofork));
  }),
          "nofork goes with the second address");
  if (second != nullptr && second->read.has(Option::nofork)) require_nothing_to_copy(settings);
}

// What the addresses say of peers must be right before anything is opened.
void require_valid_rules(const Settings& settings) {
  for (const auto* spec : addresses_of(settings)) PeerRule{*spec, settings};
}

void set_addresses(Settings& settings, const std::vector<std::string>& operands) {
  const bool has_command = !settings.command.empty();
  cli::require_operands(operands, {"ADDRESS"}, 1, has_command ? 1 : 2);
  if (!has_command && operands.size() == 2)
    if (const auto hint = host_and_port_hint(operands[0], operands[1]); !hint.empty())
      throw Error::invalid(fmt::format("invalid address {}", shown(operands[0])), "there is no such keyword",
                           hint);
  if (has_command || operands.size() == 2) {
    settings.first = parse_end(operands[0]);
    if (!has_command) settings.second = parse_end(operands[1]);
  } else {
    settings.first = parse_end("stdio");
    settings.second = parse_end(operands[0]);
  }
}

}  // namespace

Settings parse_command_line(int argc, char** argv) {
  Settings settings{.first = {{nullptr, {}, {}}}};
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... ADDRESS [ADDRESS]", "[OPTION]... ADDRESS -- COMMAND [ARG]..."},
      .summary =
          "Move data between two addresses, such as sockets, both ways. Without a second one it is standard\n"
          "input and output, or COMMAND.",
      .notes = "ADDRESS is KEYWORD[:PARAMETER]...[,OPTION[=VALUE]]..., as in 'tcp:localhost:80' or\n"
               "'unix-listen:/run/x,fork'. --help-addresses shows all of them.",
  }};
  command_line.flag("unidirectional,u", "from the first address to the second only",
                    [&] { settings.goes_backward = false; });
  command_line
      .flag("reverse,U", "from the second address to the first only", [&] { settings.goes_forward = false; })
      .excludes("unidirectional");
  command_line.option("block-size,b", "SIZE", "move at most so many bytes at a time", [&](auto text) {
    constexpr std::size_t largest = std::size_t{1} << 30;
    settings.block = parse_size(text, 1);
    if (settings.block > largest)
      throw UsageError{fmt::format("invalid size '{}': it is larger than 1 GiB", text)};
  });
  command_line.option("linger,t", "DURATION",
                      "after one direction has ended: let the other be silent this long",
                      [&](auto text) { settings.half_close_timeout = parse_duration(text); });
  command_line.option("idle,T", "DURATION", "end once both directions have been silent this long",
                      [&](auto text) { settings.idle = parse_duration(text); });
  cli::add_timeout_options(command_line,
                           "wait at most this long for a peer: a client, or a server that answers",
                           settings.timeout);
  cli::add_timeout_status_option(command_line, settings.timeout_status);
  command_line.option("count,n", "N", "with fork: end after N connections",
                      [&](auto text) { settings.count = parse_number(text, "number", 1); });
  cli::add_ready_option(command_line, settings.ready_fd);
  command_line.option("port-file", "FILE", "write the port that is listened at to FILE", [&](auto text) {
    if (text.empty()) throw UsageError{"invalid FILE '' of --port-file: it is empty"};
    settings.port_file = text;
  });
  cli::add_allowed_peers_options(command_line, settings.allowed_peers);
  command_line.flag("verbose,v", "show data on standard error, as text, and where it listens",
                    settings.dumps_text);
  command_line.flag("hex,x", "show data on standard error, in hexadecimal", settings.dumps_hexadecimal);
  command_line.option("record-forward,r", "FILE", "append what goes from the first to the second to FILE",
                      [&](auto text) { settings.forward_record = text; });
  command_line.option("record-backward,R", "FILE", "append what goes from the second to the first to FILE",
                      [&](auto text) { settings.backward_record = text; });
  command_line.flag("debug,d", "tell more; up to four times", [&] { raise(settings.log.level); });
  command_line.option("log,l", "WHAT",
                      "messages: fFILE, s (standard error), yFACILITY, mFACILITY, pNAME, u, h",
                      [&](auto text) { set_log(settings.log, text); });
  command_line.flag("sloppy,s", "go on when an option of an address cannot be set", settings.is_sloppy);
  command_line.flag("ipv4,4", "prefer version 4 of IP", [&] { settings.preferred_family = AF_INET; });
  command_line.flag("ipv6,6", "prefer version 6 of IP", [&] { settings.preferred_family = AF_INET6; });
  cli::add_progress_option(command_line, settings.progress);
  command_line.flag("stats", "tell at the end how much was moved", settings.shows_statistics);
  command_line.flag("help-addresses", "print all addresses and their options, and exit", [] {
    cli::write_output(address_help());
    throw cli::NothingLeftToDo{};
  });
  command_line.command(settings.command);

  auto tokens = normalize_socat_options(argc, argv);
  std::vector<char*> pointers;
  for (auto& token : tokens) pointers.push_back(token.data());
  const auto operands = command_line.parse(static_cast<int>(pointers.size()), pointers.data());
  set_addresses(settings, operands);
  // Two readers of the same stream would mix it up.
  const auto is_stdio = [](const EndSpec& end) {
    return !end.write && end.read.keyword->id == Keyword::Id::stdio;
  };
  if (is_stdio(settings.first) && settings.second && is_stdio(*settings.second) && settings.goes_forward)
    settings.goes_backward = false;
  require_consistent(settings);
  require_valid_rules(settings);
  return settings;
}

}  // namespace ipcutils::sockcat
