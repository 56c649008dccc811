#include "messages/message_format.hpp"

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using messages::MessageFormat;

namespace {

std::string formatted(const MessageFormat& format, std::string_view data,
                      const MessageProperties& properties = {}, std::uint64_t number = 1,
                      std::uint64_t lost = 0) {
  std::string output;
  format.append_to(output, {{std::as_bytes(std::span{data}), properties}, lost}, number);
  return output;
}

}  // namespace

TEST_CASE("message format: the message and what ends it") {
  CHECK(formatted(MessageFormat::terminated('\n'), "x") == "x\n");
  CHECK(formatted(MessageFormat::terminated('\n'), "") == "\n");
  CHECK((formatted(MessageFormat::terminated('\0'), "x") == std::string{"x\0", 2}));
  CHECK(formatted(MessageFormat::terminated(std::nullopt), "x") == "x");
  CHECK(formatted(MessageFormat::terminated(std::nullopt), "") == "");
}

TEST_CASE("message format: the length, big-endian, and the message") {
  CHECK((formatted(MessageFormat::length_prefixed(), "") == std::string(4, '\0')));
  CHECK((formatted(MessageFormat::length_prefixed(), "x\n") == std::string{"\0\0\0\2x\n", 6}));
  CHECK((formatted(MessageFormat::length_prefixed(), std::string(0x01fe03, 'x')).substr(0, 5) ==
         std::string{"\0\x01\xfe\x03x", 5}));
}

TEST_CASE("message format: JSON, one object a line") {
  CHECK(formatted(MessageFormat::json('\n'), "x", {.priority = 0}) == "{\"data\":\"x\",\"priority\":0}\n");
  CHECK(formatted(MessageFormat::json('\n'), "\xff", {.type = 9}) == "{\"base64\":\"/w==\",\"type\":9}\n");
  CHECK(formatted(MessageFormat::json('\n'), "x", {}, 1, 3) == "{\"data\":\"x\",\"lost\":3}\n");
}

TEST_CASE("message format: what stands for what") {
  const MessageProperties properties{.priority = 7, .type = 8};
  const auto as = [&](std::string_view format) {
    return formatted(MessageFormat::parse(format, std::nullopt), {"a%m\0", 4}, properties, 42);
  };
  CHECK((as("%m") == std::string{"a%m\0", 4}));
  CHECK(as("%p %t %s %n") == "7 8 4 42");
  CHECK(as("100%% %%m") == "100% %m");
  CHECK(as("") == "");
  CHECK(as("no escapes: \\n\\t") == "no escapes: \\n\\t");
  CHECK((as({"\0\n%s", 4}) == std::string{"\0\n4", 3}));
  CHECK((as("%m%m") == std::string{"a%m\0a%m\0", 8}));
}

TEST_CASE("message format: records are appended") {
  const auto format = MessageFormat::parse("%n: %m", ';');
  std::string output{"begin;"};
  const std::string_view data{"x"};
  for (std::uint64_t number : {std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()})
    format.append_to(output, {{std::as_bytes(std::span{data}), {}}}, number);
  CHECK(output == "begin;1: x;18446744073709551615: x;");
}

TEST_CASE("message format: the end follows a text, whatever it ends with") {
  CHECK(formatted(MessageFormat::parse("<%m>", '\n'), "x") == "<x>\n");
  CHECK(formatted(MessageFormat::parse("", '\n'), "x") == "\n");
  CHECK(formatted(MessageFormat::parse("%%", '%'), "x") == "%%");
}

TEST_CASE("message format: whether priority or type is asked for") {
  const auto parse = [](std::string_view format) { return MessageFormat::parse(format, '\n'); };
  CHECK(parse("a%p").mentions_priority());
  CHECK_FALSE(parse("a%p").mentions_type());
  CHECK(parse("%m%t").mentions_type());
  CHECK_FALSE(parse("%m%t").mentions_priority());
  for (const auto& format : {parse("%%p%%t %m %s %n"), MessageFormat::terminated('\n'),
                             MessageFormat::length_prefixed(), MessageFormat::json('\n')}) {
    CHECK_FALSE(format.mentions_priority());
    CHECK_FALSE(format.mentions_type());
  }
}

TEST_CASE("message format: what is unknown is refused by name") {
  const auto refusal = [](std::string_view format) {
    const auto error = error_of([&] { MessageFormat::parse(format, '\n'); });
    CHECK(error.code() == std::errc::invalid_argument);
    return std::string{error.what()};
  };
  const std::string known = ": there are %m %p %t %s %n %%";
  CHECK(refusal("%x") == "invalid format '%x': unknown '%x'" + known);
  CHECK(refusal("%%%M") == "invalid format '%%%M': unknown '%M'" + known);
  CHECK(refusal("%5s") == "invalid format '%5s': unknown '%5'" + known);
  CHECK(refusal("% m") == "invalid format '% m': unknown '% '" + known);
  CHECK(refusal({"%\0", 2}) == "invalid format '%\\000': unknown '%\\000'" + known);
  const auto error = error_of([] { MessageFormat::parse("%m%p", '\n', "msn"); });
  CHECK(std::string{error.what()} == "invalid format '%m%p': unknown '%p': there are %m %s %n %%");
  for (const char* format : {"%", "%m%", "%%%"}) {
    CHECK(refusal(format) == "invalid format '" + std::string{format} + "': nothing follows its last '%'");
  }
}
