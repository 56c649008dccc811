// The input: how the records are framed, the limit (two bytes), how often what follows is repeated, in pieces
// of what length it is read from a pipe; then what is read.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/file_descriptor.hpp>
#include <messages/record_reader.hpp>
#include <string>
#include <vector>

#include "property.hpp"

using namespace ipcutils;
using messages::Framing;
using messages::RecordReader;

namespace {

constexpr std::size_t header = 5;
constexpr std::size_t buffer = 256 * 1024;  // what a reader may read ahead, and more

struct Expected {
  std::string_view data;
  std::size_t begin;  // of the record with what belongs to it
  std::uint64_t size;
  bool is_cut = false;  // the input ends within it
};

std::vector<Expected> split(std::string_view input, char delimiter) {
  std::vector<Expected> records;
  for (std::size_t begin = 0; begin < input.size();) {
    const auto end = std::min(input.find(delimiter, begin), input.size());
    records.push_back({input.substr(begin, end - begin), begin, end - begin});
    begin = end + 1;
  }
  return records;
}

std::vector<Expected> split_by_length(std::string_view input) {
  std::vector<Expected> records;
  for (std::size_t begin = 0; begin < input.size();) {
    if (input.size() - begin < 4) {
      records.push_back({{}, begin, 0, true});
      break;
    }
    const auto byte = [&](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(input[begin + i])};
    };
    const auto size = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    const auto data = input.substr(begin + 4, size);
    records.push_back({data, begin, size, data.size() < size});
    begin += 4 + data.size();
  }
  return records;
}

std::vector<Expected> records_of(std::string_view input, Framing framing) {
  switch (framing) {
    case Framing::lines:
      return split(input, '\n');
    case Framing::nul:
      return split(input, '\0');
    case Framing::whole:
      return {{input, 0, input.size()}};
    case Framing::length_prefixed:
      return split_by_length(input);
  }
  return {};
}

// Reads until the end, or as mqsend does until a record that is too long or cut. Returns where that began.
std::size_t check(int fd, std::string_view input, Framing framing, std::size_t limit) {
  RecordReader reader{fd, framing, limit};
  for (const auto& expected : records_of(input, framing)) {
    const bool is_too_long = expected.size > limit;
    const auto record = parsed([&] { return reader.next(); });
    if (!record) {
      require(expected.is_cut && !is_too_long, "only what is cut short is refused");
      reader.give_back();
      return expected.begin;
    }
    require(record->has_value(), "there is another record");
    const auto& [data, size, is_size_known] = **record;
    require(data.size() <= limit + buffer, "no record is much longer than the limit");
    require(!expected.is_cut || is_too_long, "what is cut short is refused");
    if (is_too_long) {
      require(size > limit, "a record that is too long is told as such");
      require(!is_size_known || size == expected.size, "a length that is known is told");
      require(framing != Framing::length_prefixed || is_size_known,
              "a length that stands in the input is known");
      require(data == expected.data.substr(0, data.size()), "a record is cut at its end");
      reader.give_back();
      return expected.begin;
    }
    require(is_size_known && size == expected.size && data == expected.data,
            "a record is what is in the input");
    require(!reader.description().empty(), "a record has a name");
  }
  require(!reader.next() && !reader.next(), "there is nothing after the last record");
  reader.give_back();
  return input.size();
}

void check_file(std::string_view input, Framing framing, std::size_t limit) {
  const FileDescriptor file{::memfd_create("records", MFD_CLOEXEC)};
  const auto size = static_cast<ssize_t>(input.size());
  require(::write(file.get(), input.data(), input.size()) == size, "the input can be written");
  ::lseek(file.get(), 0, SEEK_SET);
  const auto end = check(file.get(), input, framing, limit);
  require(::lseek(file.get(), 0, SEEK_CUR) == static_cast<off_t>(end), "what was not taken is given back");
}

// A pipe of packets, which are read one by one.
void check_pipe(std::string_view input, Framing framing, std::size_t limit, std::size_t piece) {
  constexpr std::size_t packets = 16;
  if (piece == 0 || input.size() > packets * piece) return;
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC | O_DIRECT) == 0, "there are pipes");
  const FileDescriptor out{ends[0]};
  FileDescriptor in{ends[1]};
  for (auto rest = input; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    require(::write(in.get(), rest.data(), std::min(piece, rest.size())) > 0, "a pipe takes its packets");
  in.reset();
  check(out.get(), input, framing, limit);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < header) return 0;
  constexpr Framing framings[] = {Framing::lines, Framing::nul, Framing::whole, Framing::length_prefixed};
  const auto framing = framings[data[0] % 4];
  const std::size_t limit = std::size_t{data[1]} << 8 | data[2];
  const auto content = text_of(data + header, size - header);
  std::string input;
  for (int times = data[3]; times >= 0; --times) input += content;
  check_file(input, framing, limit);
  check_pipe(input, framing, limit, data[4]);
  return 0;
}
