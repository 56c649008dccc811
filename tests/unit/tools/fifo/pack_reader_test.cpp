#include "fifo/pack_reader.hpp"

#include <climits>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using fifo::PackReader;

namespace {

bool always() { return true; }

struct Reading {
  std::string data;                    // of all packs
  std::vector<std::uint64_t> refused;  // the numbers of the records that were too long
  std::uint64_t records = 0;
  bool operator==(const Reading&) const = default;
};

// Checks what is true of every pack on the way.
Reading read_packs(int fd, char delimiter, std::size_t limit) {
  PackReader reader{fd, delimiter, limit, always};
  Reading reading;
  bool is_unfinished = false;
  while (const auto pack = reader.next()) {
    CHECK_FALSE(is_unfinished);  // only the last one may be
    CHECK(pack->data.size() <= limit);
    CHECK(pack->records >= 1);
    if (pack->data.empty()) {
      CHECK(pack->records == 1);
      reading.refused.push_back(reader.count());
    } else {
      is_unfinished = pack->data.back() != delimiter;
      const auto ends =
          static_cast<std::uint64_t>(std::count(pack->data.begin(), pack->data.end(), delimiter));
      CHECK(pack->records == ends + (is_unfinished ? 1 : 0));
    }
    reading.records += pack->records;
    reading.data += pack->data;
    CHECK(reader.count() == reading.records);
  }
  CHECK_FALSE(reader.next());
  return reading;
}

// As it must be: record by record.
Reading expected(std::string_view input, char delimiter, std::size_t limit) {
  Reading reading;
  while (!input.empty()) {
    const auto end = input.find(delimiter);
    const auto record = input.substr(0, end == input.npos ? end : end + 1);
    input.remove_prefix(record.size());
    ++reading.records;
    if (record.size() > limit)
      reading.refused.push_back(reading.records);
    else
      reading.data += record;
  }
  return reading;
}

void check(const std::string& input, std::size_t limit = PIPE_BUF, char delimiter = '\n') {
  const auto wanted = expected(input, delimiter, limit);
  const auto file = make_file(input);
  CHECK((read_packs(file.get(), delimiter, limit) == wanted));
  const TestSource pipe{EndType::pipe, input};
  CHECK((read_packs(pipe.end().get(), delimiter, limit) == wanted));
}

}  // namespace

TEST_CASE("pack reader: records, of which the last one may go without its end") {
  for (const std::string& input :
       std::vector<std::string>{"", "a\n", "a", "\n", "\n\n", "a\nb", "a\n\nb\n", "\na"}) {
    CAPTURE(input);
    check(input);
    check(input, 2);
  }
  check({"\0\r\n\0", 4});
}

TEST_CASE("pack reader: records that end in NUL") {
  for (const std::string& input :
       {std::string{"a\nb\0\0c", 6}, std::string{"\0", 1}, std::string{"a\0", 2}, std::string{"\n"}})
    check(input, PIPE_BUF, '\0');
}

TEST_CASE("pack reader: the limit is exact, with the end of the record") {
  const std::size_t limit = GENERATE(as<std::size_t>{}, 1, 2, 10, PIPE_BUF);
  const auto read = [&](std::size_t size, const char* end) {
    const auto file = make_file(std::string(size, 'x') + end);
    return read_packs(file.get(), '\n', limit);
  };
  CHECK(read(limit - 1, "\n").refused.empty());
  CHECK((read(limit, "\n").refused == std::vector<std::uint64_t>{1}));
  CHECK(read(limit, "").refused.empty());
  CHECK(read(limit, "").data.size() == limit);
  CHECK((read(limit + 1, "").refused == std::vector<std::uint64_t>{1}));
}

TEST_CASE("pack reader: as many records together as the limit allows") {
  const auto file = make_file("aa\nbb\ncc\nd\n");
  PackReader reader{file.get(), '\n', 8, always};
  const auto first = reader.next().value();
  CHECK(first.data == "aa\nbb\n");
  CHECK(first.records == 2);
  const auto second = reader.next().value();
  CHECK(second.data == "cc\nd\n");
  CHECK(second.records == 2);
  CHECK(reader.count() == 4);
}

TEST_CASE("pack reader: records of any length across the borders of what is read at once") {
  constexpr std::size_t step = 64 * 1024;
  for (const std::size_t before :
       {std::size_t{0}, step - PIPE_BUF - 1, step - 1, step, step + 1, step + PIPE_BUF})
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{PIPE_BUF - 1}, std::size_t{PIPE_BUF}, step - 1, step,
          step + PIPE_BUF - 1, step + PIPE_BUF, step + PIPE_BUF + 1, 3 * step + 5}) {
      CAPTURE(before, size);
      std::string input;
      while (input.size() < before)
        input += std::string(std::min<std::size_t>(before - input.size(), 100) - 1, 'a') + '\n';
      input += std::string(size, 'b');
      check(input);
      input += "\nafter\n";
      check(input);
      check(input + std::string(size, 'c'));
    }
}

TEST_CASE("pack reader: many records of all lengths") {
  const char delimiter = GENERATE('\n', '\0');
  std::string input;
  for (std::size_t i = 0; i < 3000; ++i)
    input += std::string(i * 7919 % (i % 10 == 0 ? 200'000 : i % 2 == 0 ? 5000 : 50), 'x') + delimiter;
  check(input, PIPE_BUF, delimiter);
}

TEST_CASE("pack reader: what is complete is given without waiting for more") {
  const auto channel = make_pipe();
  int waits = 0;
  PackReader reader{channel.read_end.get(), '\n', PIPE_BUF, [&] { return ++waits > 0; }};
  for (int round = 1; round <= 3; ++round) {
    write_all(channel.write_end.get(), "first\nsecond\nand a part");
    const auto pack = reader.next().value();
    CHECK(pack.data.ends_with("first\nsecond\n"));
    CHECK(pack.records == 2);
    CHECK(waits == round);
  }
}

TEST_CASE("pack reader: a record that is too long is told at its end, and what follows is whole") {
  const auto channel = make_pipe();
  PackReader reader{channel.read_end.get(), '\n', 10, always};
  write_all(channel.write_end.get(), std::string(30'000, 'x'));
  auto rest = when_asleep([&] { write_all(channel.write_end.get(), "\nnext\n"); });
  CHECK(reader.next().value().data.empty());
  rest.wait();
  CHECK(reader.count() == 1);
  CHECK(reader.next().value().data == "next\n");
  CHECK(reader.count() == 2);
}

TEST_CASE("pack reader: a wait that says no ends the input there; a part of a record is not given") {
  const auto channel = make_pipe();
  bool goes_on = true;
  PackReader reader{channel.read_end.get(), '\n', PIPE_BUF, [&] { return goes_on; }};
  write_all(channel.write_end.get(), "one\npart");
  CHECK(reader.next().value().data == "one\n");
  goes_on = false;
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.next());
  CHECK(reader.count() == 1);
}

TEST_CASE("pack reader: in non-blocking mode it asks the wait, and reads on") {
  auto channel = make_pipe();
  set_nonblocking(channel.read_end);
  auto writer = when_asleep([] {});
  int waits = 0;
  PackReader reader{channel.read_end.get(), '\n', PIPE_BUF, [&] {
                      if (++waits == 3) write_all(channel.write_end.get(), "late\n");
                      return true;
                    }};
  CHECK(reader.next().value().data == "late\n");
  CHECK(waits == 3);
}

TEST_CASE(
    "pack reader: an endless record takes no endless memory, and an input that cannot be read is an error") {
  const FileDescriptor zeros{require_call(::open("/dev/zero", O_RDONLY | O_CLOEXEC), "open")};
  int reads = 0;
  PackReader reader{zeros.get(), '\n', PIPE_BUF, [&] { return ++reads < 2000; }};
  CHECK(reader.next().value().data.empty());
  CHECK_FALSE(reader.next());
  const FileDescriptor directory{require_call(::open("/", O_RDONLY | O_CLOEXEC), "open")};
  PackReader of_directory{directory.get(), '\n', PIPE_BUF, always};
  CHECK(error_of([&] { of_directory.next(); }).what() ==
        std::string{"cannot read standard input: Is a directory"});
}
