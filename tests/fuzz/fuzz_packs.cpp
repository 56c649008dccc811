// The input: which byte ends a record, the limit (two bytes), how often what follows is repeated, in pieces
// of what length it is read from a pipe; then what is read.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fifo/pack_reader.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;
using fifo::PackReader;

namespace {

constexpr std::size_t header = 5;

void check(int fd, std::string_view input, char delimiter, std::size_t limit) {
  PackReader reader{fd, delimiter, limit, [] { return true; }};
  std::uint64_t records = 0;
  while (const auto pack = reader.next()) {
    require(!input.empty(), "there is nothing after the last record");
    require(pack->data.size() <= limit, "no pack is longer than the limit");
    const auto end = std::min(input.find(delimiter), input.size() - 1) + 1;
    if (pack->data.empty()) {
      require(pack->records == 1 && end > limit, "only what is too long is left out");
      input.remove_prefix(end);
    } else {
      require(input.starts_with(pack->data), "a pack is what is in the input");
      input.remove_prefix(pack->data.size());
      const bool is_finished = pack->data.back() == delimiter;
      require(is_finished || input.empty(), "a pack ends with a record");
      const auto ends = static_cast<std::uint64_t>(std::ranges::count(pack->data, delimiter));
      require(pack->records == ends + (is_finished ? 0 : 1), "the records of a pack are counted");
    }
    records += pack->records;
    require(reader.count() == records, "all records are counted");
  }
  require(input.empty() && !reader.next(), "nothing is left");
}

void check_file(std::string_view input, char delimiter, std::size_t limit) {
  const FileDescriptor file{::memfd_create("packs", MFD_CLOEXEC)};
  const auto size = static_cast<ssize_t>(input.size());
  require(::write(file.get(), input.data(), input.size()) == size, "the input can be written");
  ::lseek(file.get(), 0, SEEK_SET);
  check(file.get(), input, delimiter, limit);
}

// A pipe of packets, which are read one by one.
void check_pipe(std::string_view input, char delimiter, std::size_t limit, std::size_t piece) {
  constexpr std::size_t packets = 16;
  if (piece == 0 || input.size() > packets * piece) return;
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC | O_DIRECT) == 0, "there are pipes");
  const FileDescriptor out{ends[0]};
  FileDescriptor in{ends[1]};
  for (auto rest = input; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    require(::write(in.get(), rest.data(), std::min(piece, rest.size())) > 0, "a pipe takes its packets");
  in.reset();
  check(out.get(), input, delimiter, limit);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < header) return 0;
  const char delimiter = data[0] % 2 == 0 ? '\n' : '\0';
  const std::size_t limit = (std::size_t{data[1]} << 8 | data[2]) + 1;
  const auto content = text_of(data + header, size - header);
  std::string input;
  for (int times = data[3]; times >= 0; --times) input += content;
  check_file(input, delimiter, limit);
  check_pipe(input, delimiter, limit, data[4]);
  return 0;
}
