#include <ipcutils/rpc_framing.hpp>
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using Messages = std::vector<std::string>;

namespace {

constexpr std::size_t max_size = 16;

Messages messages_in(RpcReader& reader) {
  Messages messages;
  while (auto message = reader.next()) messages.push_back(std::move(*message));
  return messages;
}

// The messages of a stream that comes in two pieces: up to an offset, and the rest.
Messages messages_of(std::string_view stream, std::size_t split, RpcFraming framing) {
  RpcReader reader{framing, max_size};
  reader.append(stream.substr(0, split));
  auto messages = messages_in(reader);
  reader.append(stream.substr(split));
  for (auto& message : messages_in(reader)) messages.push_back(std::move(message));
  return messages;
}

Error refusal_of(std::string_view stream, RpcFraming framing) {
  RpcReader reader{framing, max_size};
  reader.append(stream);
  const auto first = error_of([&] { messages_in(reader); });
  CHECK(error_of([&] { reader.next(); }).reason() == first.reason());
  return first;
}

struct Stream {
  RpcFraming framing;
  std::string bytes;
  Messages messages;
};

struct Refused {
  RpcFraming framing;
  const char* bytes;
  std::errc code;
  const char* reason;
};

}  // namespace

TEST_CASE("rpc framing: messages arrive whole, wherever the stream is split") {
  using enum RpcFraming;
  const auto row = GENERATE(values<Stream>({
      {line, "", {}},
      {line, "{}\n[1]\n", {"{}", "[1]"}},
      {line, "\n \t\r\n{}\r\n\n", {"{}\r"}},
      {line, "1234567890123456\n", {"1234567890123456"}},
      {line, "1\n2", {"1"}},
      {nul, {"{}\0[1]\0", 7}, {"{}", "[1]"}},
      {nul, {"\0\n\0{\n}\0\n", 8}, {"{\n}"}},
      {lsp, "Content-Length: 2\r\n\r\n{}Content-Length: 1\r\n\r\n5", {"{}", "5"}},
      {lsp, "content-LENGTH:002\r\nContent-Type: a; charset=utf-8\r\n\r\n{}", {"{}"}},
      {lsp, "X-Other:\r\nContent-Length:\t16 \r\n\r\n1234567890123456", {"1234567890123456"}},
      {lsp, "Content-Length: 0\r\n\r\nContent-Length: 3\r\n\r\n\r\n\nContent-Length: 1\r\n\r\n5", {"5"}},
      {lsp, "Content-Length: 3\r\n\r\n{}", {}},
  }));
  CAPTURE(row.bytes);
  for (std::size_t split = 0; split <= row.bytes.size(); ++split)
    CHECK(messages_of(row.bytes, split, row.framing) == row.messages);
  RpcReader reader{row.framing, max_size};
  Messages messages;
  for (const char byte : row.bytes) {
    reader.append({&byte, 1});
    if (auto message = reader.next()) messages.push_back(std::move(*message));
  }
  CHECK(messages == row.messages);
}

TEST_CASE("rpc framing: a stream that cannot be read is refused as soon as that is known, and stays so") {
  using enum RpcFraming;
  const auto row = GENERATE(values<Refused>({
      {line, "12345678901234567", std::errc::message_size, "it is longer than 16 bytes"},
      {line, "1\n                 \n", std::errc::message_size, "it is longer than 16 bytes"},
      {nul, "12345678901234567", std::errc::message_size, "it is longer than 16 bytes"},
      {lsp, "Content-Length: 17\r\n", std::errc::message_size, "it is longer than 16 bytes"},
      {lsp, "Content-Length: 99999999999999999999999\r\n", std::errc::message_size,
       "it is longer than 16 bytes"},
      {lsp, "Content-Length: -1\r\n", std::errc::bad_message,
       "its Content-Length is '-1', which is no number"},
      {lsp, "Content-Length: +1\r\n", std::errc::bad_message,
       "its Content-Length is '+1', which is no number"},
      {lsp, "Content-Length: 1 1\r\n", std::errc::bad_message,
       "its Content-Length is '1 1', which is no number"},
      {lsp, "Content-Length: 0x1\r\n", std::errc::bad_message,
       "its Content-Length is '0x1', which is no number"},
      {lsp, "Content-Length: \r\n", std::errc::bad_message, "its Content-Length is '', which is no number"},
      {lsp, "Content-Length: 1\r\nContent-length: 1\r\n", std::errc::bad_message,
       "it has a second Content-Length"},
      {lsp, "Content-Type: x\r\n\r\n", std::errc::bad_message, "its header has no Content-Length"},
      {lsp, "\r\n", std::errc::bad_message, "its header has no Content-Length"},
      {lsp, "Content-Length: 1\n", std::errc::bad_message, "'Content-Length: 1' is no line of a header"},
      {lsp, "Content-Length : 1\r\n", std::errc::bad_message,
       "'Content-Length : 1\\015' is no line of a header"},
      {lsp, ": 1\r\n", std::errc::bad_message, "': 1\\015' is no line of a header"},
      {lsp, "{\"a\": 1}\n", std::errc::bad_message, "'{\"a\": 1}' is no line of a header"},
      {lsp, "Content-Length: 1\r\n\r\n5{}\r\n", std::errc::bad_message, "'{}\\015' is no line of a header"},
  }));
  CAPTURE(row.bytes);
  const auto error = refusal_of(row.bytes, row.framing);
  CHECK(error.code() == row.code);
  CHECK(error.reason() == row.reason);
}

TEST_CASE("rpc framing: a header is bounded, also when it never ends") {
  const std::string padding(4000, 'x');
  CHECK(refusal_of("X: " + padding + "\r\nY: " + padding, RpcFraming::lsp).code() == std::errc::bad_message);
  CHECK(refusal_of(padding + padding, RpcFraming::lsp).code() == std::errc::bad_message);
  CHECK(messages_of("X: " + padding + "\r\nContent-Length: 1\r\n\r\n5", 7, RpcFraming::lsp) == Messages{"5"});
}

TEST_CASE("rpc framing: at the end of the stream only a newline may be missing") {
  const auto last_of = [](std::string_view stream, RpcFraming framing) {
    RpcReader reader{framing, max_size};
    reader.append(stream);
    messages_in(reader);
    CHECK(reader.is_amid_message() == !(stream.empty() || stream.ends_with('\n')));
    auto last = reader.last();
    CHECK(!reader.last());
    return last;
  };
  CHECK(last_of("1\n2", RpcFraming::line) == "2");
  CHECK(!last_of("1\n \t", RpcFraming::line));
  CHECK(!last_of("1\n", RpcFraming::line));
  for (const auto framing : {RpcFraming::nul, RpcFraming::lsp}) {
    CHECK(!last_of("", framing));
    CHECK(error_of([&] { last_of("Content-Length", framing); }).code() == std::errc::bad_message);
  }
  for (const auto* const cut :
       {"Content-Length: 1\r\n", "Content-Length: 1\r\n\r\n", "Content-Length: 2\r\n\r\n5"}) {
    RpcReader reader{RpcFraming::lsp, max_size};
    reader.append(cut);
    CHECK(!reader.next());
    CHECK(reader.is_amid_message());
    CHECK(error_of([&] { reader.last(); }).reason() == "its end is missing");
  }
}

TEST_CASE("rpc framing: many messages in one piece, and a long one byte by byte") {
  constexpr std::size_t count = 200'000;
  std::string stream;
  for (std::size_t i = 0; i < count; ++i) stream += "[]\n";
  RpcReader reader{RpcFraming::line, count};
  reader.append(stream);
  CHECK(messages_in(reader).size() == count);
  const std::string message(count, '7');
  std::size_t found = 0;
  for (const char byte : frame_rpc(message, RpcFraming::line)) {
    reader.append({&byte, 1});
    if (const auto read = reader.next()) found += *read == message ? 1 : 0;
  }
  CHECK(found == 1);
}

TEST_CASE("rpc framing: what is framed is read again") {
  const std::string message = "{\"a\":\r\n [1]}";
  CHECK(frame_rpc(message, RpcFraming::line) == "{\"a\":   [1]}\n");
  CHECK(frame_rpc(message, RpcFraming::lsp) == "Content-Length: 12\r\n\r\n" + message);
  CHECK(frame_rpc(message, RpcFraming::nul) == message + '\0');
  for (const auto framing : {RpcFraming::line, RpcFraming::lsp, RpcFraming::nul})
    CHECK(messages_of(frame_rpc("{}", framing) + frame_rpc("[]", framing), 3, framing) ==
          Messages{"{}", "[]"});
}
