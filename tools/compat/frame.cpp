#include "frame.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ipcutils/file_descriptor.hpp>
#include <string>

namespace ipcutils::compat {

namespace {

// The version whose options, output and exit statuses the tools have.
constexpr std::string_view version = "util-linux 2.38.1";

// Thrown where a tool ends early.
struct Exit {
  int status;
};

std::string_view short_name = "ipcutils";

void write_error(const std::string& text) { std::fputs(text.c_str(), stderr); }

bool flush_output() {
  const bool had_failed = std::ferror(stdout) != 0;
  errno = 0;
  const bool fails = std::fflush(stdout) != 0 || had_failed;
  if (!fails || errno == EBADF || errno == EPIPE) return true;
  warn(errno == 0 ? "write error" : fmt::format("write error: {}", std::strerror(errno)));
  return false;
}

int call(int argc, char** argv, int (*work)(int argc, char** argv)) {
  try {
    return work(argc, argv);
  } catch (const Exit& exit) {
    return exit.status;
  } catch (const std::exception& error) {
    warn(error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

void warn(std::string_view text) { write_error(fmt::format("{}: {}\n", short_name, text)); }

void fail(std::string_view text) {
  warn(text);
  throw Exit{EXIT_FAILURE};
}

void refuse() {
  write_error(fmt::format("Try '{} --help' for more information.\n", short_name));
  throw Exit{EXIT_FAILURE};
}

void print_help(std::string_view text) {
  std::fputs(fmt::format(fmt::runtime(text), short_name).c_str(), stdout);
  throw Exit{EXIT_SUCCESS};
}

void print_version() {
  std::fputs(fmt::format("{} from {}\n", short_name, version).c_str(), stdout);
  throw Exit{EXIT_SUCCESS};
}

int run(int argc, char** argv, int (*work)(int argc, char** argv)) {
  if (argc > 0) {
    short_name = argv[0];
    short_name.remove_prefix(short_name.rfind('/') + 1);  // npos + 1 is 0
  }
  const StandardDescriptors all_are_open;
  const int status = call(argc, argv, work);
  return flush_output() && std::ferror(stderr) == 0 ? status : EXIT_FAILURE;
}

}  // namespace ipcutils::compat
