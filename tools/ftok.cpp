// ftok: prints the System V key of a path. Manual page: ftok(1).
#include <ipcutils/key.hpp>
#include <ipcutils/reference.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/exit_status.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"

using namespace ipcutils;

namespace {

struct Options {
  SysvFileKey key{};
  bool decimal = false;
};

Options parse(int argc, char** argv) {
  Options options;
  cli::CommandLine command_line{{
      .tool = "ftok",
      .synopses = {"[OPTION]... PATH [PROJ]"},
      .summary = "Print the System V key that ftok(3) makes of the file PATH and the project PROJ.",
      .notes = "PROJ is one character, or a number from 1 to 255; without it, 1.",
  }};
  command_line.flag("decimal,d", "print it as a decimal number", options.decimal);

  const auto operands = command_line.parse(argc, argv);
  cli::require_operands(operands, {"PATH", "PROJ"}, 1, 2);
  options.key = SysvFileKey::parse(operands[0], operands.size() == 2 ? operands[1] : "1");
  return options;
}

int run(const Options& options) {
  const auto key = static_cast<std::uint32_t>(file_key(options.key.path, options.key.project));
  cli::print(fmt::runtime(options.decimal ? "{}\n" : "0x{:08x}\n"), key);
  return cli::exit_success;
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ftok(ipcutils_environment* environment, int argc, char** argv) {
  return cli::guarded_main(environment, "ftok", argc, argv, parse, run);
}
