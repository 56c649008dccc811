#include "framing_option.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>

#include "../cli/command_line.hpp"

namespace ipcutils::rpc {

namespace {

RpcFraming parse_framing(std::string_view text) {
  if (text == "line") return RpcFraming::line;
  if (text == "lsp") return RpcFraming::lsp;
  if (text == "nul") return RpcFraming::nul;
  throw cli::UsageError{fmt::format("invalid framing {}: there are line, lsp and nul", quote(text))};
}

}  // namespace

void add_framing_option(cli::CommandLine& command_line, RpcFraming& framing) {
  command_line.option("framing", "HOW", "what ends a message: line, lsp (Content-Length) or nul (line)",
                      [&](auto text) { framing = parse_framing(text); });
}

}  // namespace ipcutils::rpc
