// What the replacements in libexec/ipcutils/compat have in common: how they report and how they end. That is
// util-linux's way, which differs from that of the other tools (cli/guarded_main.hpp): stdio, exit status 1
// for wrong usage, and getopt_long(3): its messages and the abbreviations of long options that it accepts
// must be the same, and cli::CommandLine, which refuses abbreviations, has other messages.
#pragma once

#include <getopt.h>

#include <string_view>

namespace ipcutils::compat {

// Writes "ipcs: TEXT" to standard error; the name is that by which the tool was called.
void warn(std::string_view text);

// The same, and ends the tool with exit status 1.
[[noreturn]] void fail(std::string_view text);

// Points to --help and ends the tool with exit status 1.
[[noreturn]] void refuse();

// Prints the help, in which {0} is the name of the tool, or the version, and ends the tool.
[[noreturn]] void print_help(std::string_view text);
[[noreturn]] void print_version();

// The main of a tool: calls `work` and returns the exit status. Standard output, which `work` writes by
// stdio, is flushed and checked, whichever way it ends; that it is closed is no failure.
int run(int argc, char** argv, int (*work)(int argc, char** argv));

}  // namespace ipcutils::compat
