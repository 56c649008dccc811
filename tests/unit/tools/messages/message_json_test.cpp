#include "messages/message_json.hpp"

#include <limits>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using messages::message_from_json;
using messages::OwnedMessage;

namespace {

std::string json_of(std::string_view data, const MessageProperties& properties = {}) {
  return messages::message_to_json({std::as_bytes(std::span{data}), properties});
}

std::string reason_against(std::string_view text) {
  const auto error = error_of([text] { message_from_json(text); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.attempt() == "invalid JSON message");
  return error.reason();
}

}  // namespace

TEST_CASE("message as JSON: text under data, other bytes under base64, and what its API knows of") {
  CHECK(json_of("text", {.priority = 3}) == R"({"data":"text","priority":3})");
  CHECK(json_of("\xff", {.type = 1}) == R"({"base64":"/w==","type":1})");
  CHECK(json_of("") == R"({"data":""})");
  CHECK(json_of("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80") ==
        "{\"data\":\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"}");
}

TEST_CASE("message as JSON: one line, whatever it holds") {
  CHECK(json_of({"a\n\"\\\t\0\x1f\x7f", 8}) == "{\"data\":\"a\\n\\\"\\\\\\t\\u0000\\u001f\\u007f\"}");
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
  CHECK(json_of(all_bytes).find('\n') == std::string::npos);
  CHECK(message_from_json(json_of(all_bytes)).data == all_bytes);
}

TEST_CASE("message as JSON: base64 has the right padding") {
  CHECK(json_of("\x80") == R"({"base64":"gA=="})");
  CHECK(json_of("\x80\x81") == R"({"base64":"gIE="})");
  CHECK(json_of("\x80\x81\x82") == R"({"base64":"gIGC"})");
  for (const std::size_t size : {4u, 1000u, 8191u, 8192u, 100'000u}) {
    const auto bytes = "\xfe" + pattern(size);
    CHECK((message_from_json(json_of(bytes)).data == bytes));
  }
}

TEST_CASE("message from JSON: comes back as it was") {
  const auto data = GENERATE(as<std::string>{}, "", "text", "\x80\xff", "\xed\xa0\x80", "\xc0\xaf",
                             "\xf4\x90\x80\x80", std::string{"\0\n", 2}, "\xef\xbb\xbf", "\xef\xbf\xbf");
  for (const auto& properties :
       {MessageProperties{}, MessageProperties{.priority = 0}, MessageProperties{.priority = 32767},
        MessageProperties{.type = 1}, MessageProperties{.type = std::numeric_limits<long>::max()}}) {
    const auto message = message_from_json(json_of(data, properties));
    CHECK((message.data == data));
    CHECK(message.properties == properties);
  }
}

TEST_CASE("message as JSON: how many messages were lost before, which is no part of the message") {
  const std::string_view data{"x"};
  const auto json = messages::message_to_json({std::as_bytes(std::span{data}), {.priority = 3}}, 2);
  CHECK(json == R"({"data":"x","priority":3,"lost":2})");
  const auto message = message_from_json(json);
  CHECK(message.data == "x");
  CHECK((message.properties == MessageProperties{.priority = 3}));
  CHECK(reason_against(R"({"data":"x","lost":-1})") ==
        "\"lost\" must be a whole number from 1 to 18446744073709551615");
}

TEST_CASE("message from JSON: spaces, order and escapes do not matter") {
  const auto message = message_from_json(" { \"type\" : 7 ,\r\t\"data\":\"\\u00e4\\ud83d\\ude00\\n\" } \r");
  CHECK(message.data == "\xc3\xa4\xf0\x9f\x98\x80\n");
  CHECK((message.properties == MessageProperties{.type = 7}));
}

TEST_CASE("message from JSON: what is no JSON is refused") {
  for (const char* text :
       {"", " ", "{", "}", "x", "{\"data\":\"x\"} more", "{\"data\":\"x\"}{\"data\":\"y\"}",
        "{\"data\":\"x\",}", "{'data':'x'}", "{\"data\":\"x}", "{\"data\":\"\xff\"}",
        "{\"data\":\"\\ud800\"}", "{data:\"x\"}", "{\"data\":\"x\",\"type\":1e999}", "// {\"data\":\"x\"}"}) {
    CAPTURE(text);
    CHECK(reason_against(text) == "it is no JSON");
  }
}

TEST_CASE("message from JSON: what follows a NUL is trailing text as any other") {
  CHECK(reason_against({"{\"data\":\"x\"}\0more", 17}) == "it is no JSON");
  CHECK(reason_against({"{\"data\":\"x\"}\0", 13}) == "it is no JSON");
}

TEST_CASE("message from JSON: other JSON is refused") {
  for (const char* text : {"[]", "\"data\"", "1", "null", "[{\"data\":\"x\"}]"})
    CHECK(reason_against(text) == "it is no object");
  CHECK(reason_against(std::string(10'000, '[')) == "it is no JSON");
  CHECK(reason_against(std::string(10'000, '[') + std::string(10'000, ']')) == "it is no object");
}

TEST_CASE("message from JSON: exactly one of data and base64") {
  const auto reason = "it must have either \"data\" or \"base64\"";
  CHECK(reason_against("{}") == reason);
  CHECK(reason_against("{\"priority\":1}") == reason);
  CHECK(reason_against("{\"data\":\"x\",\"base64\":\"\"}") == reason);
}

TEST_CASE("message from JSON: unknown members are refused by name") {
  CHECK(reason_against("{\"data\":\"x\",\"prio\":1}") == "unknown member 'prio'");
  CHECK(reason_against("{\"data\":\"x\",\"\\n\":1}") == "unknown member '\\n'");
}

TEST_CASE("message from JSON: values of another type or out of range are refused") {
  CHECK(reason_against("{\"data\":1}") == "\"data\" must be a string");
  CHECK(reason_against("{\"data\":null}") == "\"data\" must be a string");
  CHECK(reason_against("{\"base64\":[]}") == "\"base64\" must be a string");
  for (const char* value : {"-1", "32768", "1.0", "1e0", "\"1\"", "null", "true", "18446744073709551616"}) {
    CAPTURE(value);
    CHECK(reason_against(std::string{"{\"data\":\"x\",\"priority\":"} + value + "}") ==
          "\"priority\" must be a whole number from 0 to 32767");
  }
  for (const char* value : {"-1", "0", "9223372036854775808", "1.5", "{}"}) {
    CAPTURE(value);
    CHECK(reason_against(std::string{"{\"data\":\"x\",\"type\":"} + value + "}") ==
          "\"type\" must be a whole number from 1 to 9223372036854775807");
  }
}

TEST_CASE("message from JSON: only base64 as it is made") {
  const auto decoded = [](const std::string& text) {
    return message_from_json("{\"base64\":\"" + text + "\"}").data;
  };
  CHECK(decoded("") == "");
  CHECK(decoded("YQ==") == "a");
  CHECK(decoded("YWI=") == "ab");
  CHECK(decoded("YWJj") == "abc");
  CHECK(decoded("+/+/") == "\xfb\xff\xbf");
  for (const char* text : {"=", "==", "====", "Y", "YQ", "YQ=", "YQ===", "YQ==YQ==", "Y===", "=YQ=", "YW=j",
                           "YW-_", "YWJj ", "YW\\nJj", "YQ==\\u0000\\u0000\\u0000\\u0000"}) {
    CAPTURE(text);
    CHECK(reason_against("{\"base64\":\"" + std::string{text} + "\"}") == "\"base64\" is no base64");
  }
  for (const char* text : {"YR==", "YWJ=", "//=="}) {
    CAPTURE(text);
    CHECK_THROWS_AS(decoded(text), Error);
  }
}

TEST_CASE("message that owns its bytes: a copy, and a view of it") {
  std::string data{"a\0b", 3};
  const auto owned = OwnedMessage::of({std::as_bytes(std::span{data}), {.priority = 4}});
  data.assign("xyz");
  CHECK((owned.data == std::string{"a\0b", 3}));
  CHECK(owned.view().data.size() == 3);
  CHECK((owned.view().properties == MessageProperties{.priority = 4}));
}
