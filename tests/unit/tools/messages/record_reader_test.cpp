#include "messages/record_reader.hpp"

#include <future>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"

using namespace ipcutils;
using messages::Framing;
using messages::RecordReader;

namespace {

using Records = std::vector<std::string>;

Records all_records(RecordReader& reader) {
  Records records;
  while (const auto record = reader.next()) {
    CHECK(record->is_size_known);
    CHECK(record->size == record->data.size());
    records.emplace_back(record->data);
  }
  return records;
}

// As they come from a file and from a pipe, which must be the same.
Records records_of(std::string_view input, Framing framing, std::size_t limit = 1000) {
  const auto file = make_file(input);
  RecordReader of_file{file.get(), framing, limit};
  auto records = all_records(of_file);
  const TestSource pipe{EndType::pipe, std::string{input}};
  RecordReader of_pipe{pipe.end().get(), framing, limit};
  CHECK((all_records(of_pipe) == records));
  return records;
}

std::string with_length(std::string_view record) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>(record.size() >> shift));
  return text.append(record);
}

}  // namespace

TEST_CASE("record reader: lines, of which the last one may go without newline") {
  const auto lines = [](std::string_view input) { return records_of(input, Framing::lines); };
  CHECK((lines("") == Records{}));
  CHECK((lines("a\nb\n") == Records{"a", "b"}));
  CHECK((lines("a\nb") == Records{"a", "b"}));
  CHECK((lines("\n") == Records{""}));
  CHECK((lines("\n\na\n\n") == Records{"", "", "a", ""}));
  CHECK((lines({"\0\r\n\0", 4}) == Records{{"\0\r", 2}, {"\0", 1}}));
}

TEST_CASE("record reader: it shows the lines that it has read already") {
  const auto input = make_file("a\nb\n\ntoo long\nc\nd");
  RecordReader reader{input.get(), Framing::lines, 5};
  using Texts = std::vector<std::string_view>;
  CHECK(reader.peek(9).empty());
  CHECK(reader.next()->data == "a");
  CHECK((reader.peek(1) == Texts{"b"}));
  CHECK((reader.peek(9) == Texts{"b", ""}));
  for (const char* text : {"b", "", "too long"}) CHECK(reader.next()->data == text);
  CHECK((reader.peek(9) == Texts{"c"}));  // "d" may go on
  CHECK(reader.description() == "line 4");
}

TEST_CASE("record reader: records that end in NUL") {
  const auto records = [](std::string_view input) { return records_of(input, Framing::nul); };
  CHECK((records("") == Records{}));
  CHECK((records({"a\nb\0\0c", 6}) == Records{"a\nb", "", "c"}));
  CHECK((records({"a\0", 2}) == Records{"a"}));
}

TEST_CASE("record reader: all of the input, even if it is empty") {
  CHECK((records_of("", Framing::whole) == Records{""}));
  CHECK((records_of({"a\n\0b\n", 5}, Framing::whole) == Records{{"a\n\0b\n", 5}}));
}

TEST_CASE("record reader: records behind their length") {
  const auto records = [](std::string_view input) { return records_of(input, Framing::length_prefixed); };
  CHECK((records("") == Records{}));
  CHECK((records(with_length("")) == Records{""}));
  CHECK((records(with_length("a\nb") + with_length("") + with_length("c")) == Records{"a\nb", "", "c"}));
}

TEST_CASE("record reader: many records of all lengths, longer than its buffer together and alone") {
  const auto framing = GENERATE(Framing::lines, Framing::nul, Framing::length_prefixed);
  const char end = framing == Framing::nul ? '\0' : '\n';
  Records expected;
  std::string input;
  for (std::size_t i = 0; i < 400; ++i) {
    expected.push_back(pattern(i % 50 == 49 ? 70'000 * (i / 50) : i * 7));
    input += framing == Framing::length_prefixed ? with_length(expected.back()) : expected.back() + end;
  }
  CHECK((records_of(input, framing, 1'000'000) == expected));
}

TEST_CASE("record reader: an input that ends within a record with a length is an error") {
  const auto cut = [](const std::string& input) {
    const auto file = make_file(input);
    RecordReader reader{file.get(), Framing::length_prefixed, 1000};
    const auto error = error_of([&] { all_records(reader); });
    CHECK(error.code() == std::errc::invalid_argument);
    CHECK(error.reason() == "the input ends within it");
    return error.attempt();
  };
  CHECK(cut({"\0", 1}) == "cannot read record 1");
  CHECK(cut({"\0\0\0", 3}) == "cannot read record 1");
  CHECK(cut({"\0\0\0\1", 4}) == "cannot read record 1");
  CHECK(cut(with_length("a") + std::string{"\0\0\0\3bc", 6}) == "cannot read record 2");
}

TEST_CASE("record reader: one over the limit is cut short, and its length known where it can be") {
  const auto limit = GENERATE(as<std::size_t>{}, 0, 1, 10, 100'000);
  const std::string record(limit + 500'000, 'x');
  const auto cut = [&](const std::string& input, Framing framing) {
    const auto file = make_file(input);
    RecordReader reader{file.get(), framing, limit};
    const auto first = reader.next();
    REQUIRE(first);
    CHECK(first->size > limit);
    CHECK(first->data.size() <= limit + 256 * 1024);
    CHECK((first->size == record.size() || !first->is_size_known || framing == Framing::length_prefixed));
    CHECK(first->data == std::string_view{record}.substr(0, first->data.size()));
    return first->size;
  };
  cut(record, Framing::lines);
  cut(record + "\n", Framing::lines);
  cut(record, Framing::nul);
  cut(record, Framing::whole);
  CHECK(cut(with_length(record), Framing::length_prefixed) == record.size());
  CHECK(cut("\xff\xff\xff\xff", Framing::length_prefixed) == 0xffffffff);
}

TEST_CASE("record reader: of a length over the limit no more is given than the record") {
  const auto file = make_file(with_length("ab") + "following");
  RecordReader reader{file.get(), Framing::length_prefixed, 1};
  const auto record = reader.next();
  REQUIRE(record);
  CHECK(record->size == 2);
  CHECK(record->is_size_known);
  CHECK(std::string_view{"ab"}.starts_with(record->data));
}

TEST_CASE("record reader: an endless record takes no endless memory") {
  const FileDescriptor zeros{require_call(::open("/dev/zero", O_RDONLY | O_CLOEXEC), "open")};
  for (const auto framing : {Framing::lines, Framing::whole}) {
    RecordReader reader{zeros.get(), framing, 100'000};
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(record->size > 100'000);
    CHECK(record->size < 1'000'000);
  }
}

TEST_CASE("record reader: a record as long as the limit is whole") {
  const auto limit = GENERATE(as<std::size_t>{}, 1, 10, 65'535, 65'536, 65'537, 200'000);
  const auto record = pattern(limit);
  CHECK((records_of(record + "\n", Framing::lines, limit) == Records{record}));
  CHECK((records_of(record, Framing::lines, limit) == Records{record}));
  CHECK((records_of(record, Framing::whole, limit) == Records{record}));
  CHECK((records_of(with_length(record), Framing::length_prefixed, limit) == Records{record}));
}

TEST_CASE("record reader: a record is called by its number") {
  const auto name_of = [](Framing framing) {
    const auto file = make_file(std::string{"\0\0\0\0\n\n\0\0", 8});
    RecordReader reader{file.get(), framing, 100};
    reader.next();
    return reader.description();
  };
  CHECK(name_of(Framing::lines) == "line 1");
  CHECK(name_of(Framing::nul) == "record 1");
  CHECK(name_of(Framing::length_prefixed) == "record 1");
  CHECK(name_of(Framing::whole) == "standard input");
  const auto file = make_file("a\nb\nc\n");
  RecordReader reader{file.get(), Framing::lines, 100};
  reader.next();
  reader.next();
  reader.next();
  CHECK(reader.description() == "line 3");
}

TEST_CASE("record reader: a record is given as soon as it is complete") {
  const auto channel = make_pipe();
  RecordReader reader{channel.read_end.get(), Framing::lines, 1000};
  for (const char* line : {"first", "second"}) {
    write_all(channel.write_end.get(), std::string{line} + "\nand a part");
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(record->data.substr(record->data.size() - std::string_view{line}.size()) == line);
  }
}

TEST_CASE("record reader: what comes byte by byte, and with pauses, is put together") {
  auto channel = make_pipe();
  if (GENERATE(false, true)) set_nonblocking(channel.read_end);
  const std::string input = with_length("ab") + with_length("") + with_length("cde");
  auto writer = when_asleep([&] {
    for (const char byte : input) {
      write_all(channel.write_end.get(), {&byte, 1});
      std::this_thread::yield();
    }
    channel.write_end.reset();
  });
  RecordReader reader{channel.read_end.get(), Framing::length_prefixed, 1000};
  CHECK((all_records(reader) == Records{"ab", "", "cde"}));
}

TEST_CASE("record reader: given back, the input begins with the record that was given last") {
  const auto framing = GENERATE(Framing::lines, Framing::nul, Framing::length_prefixed);
  const char end = framing == Framing::nul ? '\0' : '\n';
  const auto framed = [&](const std::string& record) {
    return framing == Framing::length_prefixed ? with_length(record) : record + end;
  };
  // The first ones make it read several times, and move what it has read.
  const std::size_t before = GENERATE(as<std::size_t>{}, 0, 1, 3000);
  std::string input;
  for (std::size_t i = 0; i < before; ++i) input += framed(pattern(i % 100));
  const auto rest = framed("this one") + framed("and what follows");
  const auto file = make_file("skipped" + input + rest);
  ::lseek(file.get(), 7, SEEK_SET);
  RecordReader reader{file.get(), framing, 1000};
  for (std::size_t i = 0; i < before; ++i) reader.next();
  CHECK(reader.next()->data == "this one");
  reader.give_back();
  CHECK((read_all(file.get()) == rest));
}

TEST_CASE("record reader: a record that is too long or cut is given back whole") {
  const auto position_after = [](const std::string& input, Framing framing) {
    const auto file = make_file(input);
    RecordReader reader{file.get(), framing, 10};
    try {
      while (const auto record = reader.next())
        if (record->size > 10) break;
    } catch (const Error&) {
    }
    reader.give_back();
    return ::lseek(file.get(), 0, SEEK_CUR);
  };
  CHECK(position_after("ab\n" + std::string(300'000, 'x') + "\n", Framing::lines) == 3);
  CHECK(position_after(with_length("ab") + with_length(std::string(11, 'x')), Framing::length_prefixed) == 6);
  CHECK(position_after(with_length("ab") + "\x01", Framing::length_prefixed) == 6);
  CHECK(position_after(std::string(300'000, 'x'), Framing::whole) == 0);
}

TEST_CASE("record reader: after the end nothing is left to give back") {
  const auto file = make_file("a\nb");
  RecordReader reader{file.get(), Framing::lines, 10};
  CHECK((all_records(reader) == Records{"a", "b"}));
  CHECK_FALSE(reader.next());
  reader.give_back();
  CHECK(read_all(file.get()) == "");
}

TEST_CASE("record reader: an input that cannot be read is an error") {
  const FileDescriptor directory{require_call(::open("/", O_RDONLY | O_CLOEXEC), "open")};
  const auto framing = GENERATE(Framing::lines, Framing::whole, Framing::length_prefixed);
  RecordReader reader{directory.get(), framing, 10};
  const auto error = error_of([&] { reader.next(); });
  CHECK(error.code() == std::errc::is_a_directory);
  CHECK(error.attempt() == "cannot read standard input");
}
