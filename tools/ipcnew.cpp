// ipcnew: makes objects of interprocess communication. Manual page: ipcnew(1).
#include <fmt/format.h>

#include <ipcutils/mode.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/shared_memory.hpp>

#include "cli/command_line.hpp"
#include "cli/entry.hpp"
#include "cli/guarded_main.hpp"
#include "cli/output.hpp"

using namespace ipcutils;

namespace {

constexpr std::string_view tool = "ipcnew";

// One object to be made.
struct Order {
  Reference reference;
  std::uint64_t size;
};

struct Options {
  std::vector<Order> orders;
  mode_t mode = 0600;
};

Options parse(int argc, char** argv) {
  Options options;
  std::optional<std::uint64_t> size;
  cli::CommandLine command_line{{
      .tool = tool,
      .synopses = {"[OPTION]... -M SIZE", "[OPTION]... --size SIZE REF..."},
      .summary = "Make objects of interprocess communication and print their references.",
      .notes = "REF is shm: and /NAME (POSIX), KEY, ftok:PATH[:PROJ] or private (System V), or file:PATH.",
  }};
  command_line.option("shmem,M", "SIZE", "make a private System V shared memory segment", [&](auto text) {
    options.orders.push_back({{Kind::shm, SysvPrivate{}}, parse_size(text, 1)});
  });
  command_line.option("size", "SIZE", "size of each shared memory object REF",
                      [&](auto text) { size = parse_size(text, 1); });
  command_line.option("mode,m", "MODE", "permissions, octal or symbolic (600)",
                      [&](auto text) { options.mode = parse_mode(text, 0600); });

  const auto operands = command_line.parse(argc, argv);
  for (const auto& operand : operands) {
    auto reference = Reference::parse(operand);
    if (reference.kind != Kind::shm)
      throw cli::UsageError{fmt::format("cannot make a {}: only shared memory", kind_noun(reference.kind))};
    if (std::holds_alternative<SysvId>(reference.name))
      throw cli::UsageError{
          fmt::format("the kernel chooses the identifier of a new object: use a key, or 'shm:private'")};
    if (!size) throw cli::UsageError{"--size is missing: shared memory has no size by itself"};
    options.orders.push_back({std::move(reference), *size});
  }
  if (options.orders.empty()) throw cli::UsageError{"nothing to make: neither -M nor a reference is given"};
  return options;
}

// Makes the object and tells its reference. An object that nobody has been told of must not stay.
void make(const Order& order, mode_t mode) {
  const auto made = SharedMemory::create(order.reference, order.size, mode);
  if (!made) throw Error{EEXIST, fmt::format("cannot create shared memory {}", order.reference.quoted())};
  try {
    cli::print("{}\n", made->to_string());
    cli::flush_output();
  } catch (const Error&) {
    SharedMemory::remove_if_exists(*made);
    throw;
  }
}

int run(const Options& options) {
  return cli::for_each(tool, options.orders, [&](const Order& order) { make(order, options.mode); });
}

}  // namespace

IPCUTILS_ENTRY ipcutils_ipcnew(int argc, char** argv) {
  return cli::guarded_main(tool, argc, argv, parse, run);
}
