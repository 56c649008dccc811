#include <ipcutils/rpc_message.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;

namespace {

// Each part of what a text asks for: a request as JSON, or the code of the error and the id that answer it.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (const auto& part : parse_rpc_requests(text).parts) {
    if (const auto* const request = std::get_if<RpcRequest>(&part)) {
      parts.push_back(to_json(*request));
    } else {
      const auto& response = std::get<RpcResponse>(part);
      parts.push_back(std::to_string(response.error()->code) + " for " + response.id);
    }
  }
  return parts;
}

// A request with one member more.
std::string request_with(const std::string& member) {
  return R"({"jsonrpc":"2.0","method":"m",)" + member + "}";
}

std::string reason_against(std::string_view text) {
  const auto error = error_of([text] { parse_rpc_responses(text); });
  CHECK(error.code() == std::errc::bad_message);
  CHECK(error.attempt() == "invalid response");
  return error.reason();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

struct Asked {
  const char* text;
  bool is_batch;
  std::vector<std::string> parts;
};

struct Row {
  std::string text;
  std::string outcome;
};

}  // namespace

TEST_CASE("rpc requests: the examples of the specification") {
  const auto row = GENERATE(values<Asked>({
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
       false,
       {R"({"jsonrpc":"2.0","method":"subtract","params":[42, 23],"id":1})"}},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
       false,
       {R"({"jsonrpc":"2.0","method":"subtract","params":[23, 42],"id":2})"}},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3})",
       false,
       {R"({"jsonrpc":"2.0","method":"subtract","params":{"subtrahend": 23, "minuend": 42},"id":3})"}},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4})",
       false,
       {R"({"jsonrpc":"2.0","method":"subtract","params":{"minuend": 42, "subtrahend": 23},"id":4})"}},
      {R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})",
       false,
       {R"({"jsonrpc":"2.0","method":"update","params":[1,2,3,4,5]})"}},
      {R"({"jsonrpc": "2.0", "method": "foobar"})", false, {R"({"jsonrpc":"2.0","method":"foobar"})"}},
      {R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
       false,
       {R"({"jsonrpc":"2.0","method":"foobar","id":"1"})"}},
      {R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])", false, {"-32700 for null"}},
      {R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})", false, {"-32600 for null"}},
      {"[\n  {\"jsonrpc\": \"2.0\", \"method\": \"sum\", \"params\": [1,2,4], \"id\": \"1\"},\n"
       "  {\"jsonrpc\": \"2.0\", \"method\"\n]",
       false,
       {"-32700 for null"}},
      {"[]", false, {"-32600 for null"}},
      {"[1]", true, {"-32600 for null"}},
      {"[1,2,3]", true, {"-32600 for null", "-32600 for null", "-32600 for null"}},
      {R"([
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
      ])",
       true,
       {R"({"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"})",
        R"({"jsonrpc":"2.0","method":"notify_hello","params":[7]})",
        R"({"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"2"})", "-32600 for null",
        R"({"jsonrpc":"2.0","method":"foo.get","params":{"name": "myself"},"id":"5"})",
        R"({"jsonrpc":"2.0","method":"get_data","id":"9"})"}},
      {R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
           {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])",
       true,
       {R"({"jsonrpc":"2.0","method":"notify_sum","params":[1,2,4]})",
        R"({"jsonrpc":"2.0","method":"notify_hello","params":[7]})"}},
  }));
  CAPTURE(row.text);
  CHECK(parse_rpc_requests(row.text).is_batch == row.is_batch);
  CHECK(parts_of(row.text) == row.parts);
}

TEST_CASE("rpc requests: ids of each type, and what is none") {
  for (const auto* const id : {"0", "-1", "1.5", "18446744073709551615", "\"\"", "\"\\u00e4\\n\"", "null"}) {
    const auto requests = parse_rpc_requests(request_with(R"("id": )" + std::string{id}));
    const auto& request = std::get<RpcRequest>(requests.parts[0]);
    CHECK(request.id == id);
    CHECK(!request.is_notification());
  }
  for (const auto* const id : {"true", "[]", "{}"})
    CHECK(parts_of(request_with(R"("id":)" + std::string{id})) ==
          std::vector<std::string>{"-32600 for null"});
}

TEST_CASE("rpc requests: what is wrong with a request") {
  const auto row = GENERATE(values<Row>({
      {"5", "it is no object"},
      {R"({"method":"m","id":1})", "its jsonrpc is not \"2.0\""},
      {R"({"jsonrpc":2.0,"method":"m","id":1})", "its jsonrpc is not \"2.0\""},
      {R"({"jsonrpc":"1.0","method":"m","id":1})", "its jsonrpc is not \"2.0\""},
      {R"({"jsonrpc":"2.0","id":1})", "its method is no string"},
      {R"({"jsonrpc":"2.0","method":null,"id":1})", "its method is no string"},
      {R"({"jsonrpc":"2.0","method":"m","params":null,"id":1})",
       "its params are neither an array nor an object"},
      {R"({"jsonrpc":"2.0","method":"m","id":[1]})", "its id is neither a string nor a number nor null"},
  }));
  CAPTURE(row.text);
  const auto requests = parse_rpc_requests(row.text);
  const auto& response = std::get<RpcResponse>(requests.parts.at(0));
  CHECK(response.error()->code == RpcError::invalid_request);
  CHECK(response.error()->message == "Invalid Request");
  CHECK(string_in_json(response.error()->data) == row.outcome);
  CHECK(response.id == (row.text.find("\"id\":1") == row.text.npos ? "null" : "1"));
}

TEST_CASE("rpc requests: escapes and unknown members") {
  const auto requests = parse_rpc_requests(
      " {\"\\u006aso\\u006erpc\":\"2\\u002e0\",\"x\":[\"}\\\"\",{}],\"m\\u0065thod\":\"\\u0000]\"}\n");
  CHECK(std::get<RpcRequest>(requests.parts.at(0)).method == std::string{"\0]", 2});
}

TEST_CASE("rpc requests: a batch is bounded") {
  std::string batch = "[0";
  for (std::size_t i = 1; i < max_rpc_batch; ++i) batch += ",0";
  CHECK(parse_rpc_requests(batch + "]").parts.size() == max_rpc_batch);
  CHECK(parts_of(batch + ",0]") == std::vector<std::string>{"-32600 for null"});
  CHECK(reason_against("[" + batch.substr(1) + "]") == "it is no object");
}

TEST_CASE("rpc responses: what they hold") {
  const auto responses = parse_rpc_responses(R"([
    {"jsonrpc": "2.0", "result": [ "hello", 5 ], "id": "9"},
    {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": 5},
    {"jsonrpc": "2.0", "error": {"code": 1, "message": "\u00e4", "data": {"a": 1}}, "id": null},
    {"jsonrpc": "2.0", "result": null, "id": 1}])");
  REQUIRE(responses.size() == 4);
  CHECK(to_json(responses[0]) == R"({"jsonrpc":"2.0","result":[ "hello", 5 ],"id":"9"})");
  CHECK(to_json(responses[1]) ==
        R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":5})");
  CHECK(to_json(responses[2]) ==
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\xc3\xa4\",\"data\":{\"a\": "
        "1}},\"id\":null}");
  CHECK(*responses[3].result() == "null");
  CHECK(parse_rpc_responses(R"({"jsonrpc":"2.0","result":19,"id":1})").at(0).id == "1");
}

TEST_CASE("rpc responses: what is none is refused") {
  const auto row = GENERATE(values<Row>({
      {"", "it is no JSON, at byte 1: it ends too early"},
      {"[]", "the batch is empty"},
      {"7", "it is no object"},
      {R"([{"jsonrpc":"2.0","result":1,"id":1},7])", "it is no object"},
      {R"({"result":1,"id":1})", "its jsonrpc is not \"2.0\""},
      {R"({"jsonrpc":"2.0","result":1})", "its id is neither a string nor a number nor null"},
      {R"({"jsonrpc":"2.0","id":1})", "it must have either a result or an error"},
      {R"({"jsonrpc":"2.0","result":1,"error":{"code":1,"message":""},"id":1})",
       "it must have either a result or an error"},
      {R"({"jsonrpc":"2.0","error":1,"id":1})", "its error is no object"},
      {R"({"jsonrpc":"2.0","error":{"code":1.5,"message":""},"id":1})",
       "the code of its error is no integer"},
      {R"({"jsonrpc":"2.0","error":{"code":9223372036854775808,"message":""},"id":1})",
       "the code of its error is no integer"},
      {R"({"jsonrpc":"2.0","error":{"message":""},"id":1})", "the code of its error is no integer"},
      {R"({"jsonrpc":"2.0","error":{"code":1},"id":1})", "the message of its error is no string"},
  }));
  CAPTURE(row.text);
  CHECK(reason_against(row.text) == row.outcome);
}

TEST_CASE("rpc messages: what is written is read again") {
  const RpcRequest request{"\"\\u0000\"", "m\"\n", "{\"a\":[]}"};
  const auto text = rpc_batch({to_json(request), to_json(RpcRequest{{}, "n"})});
  CHECK(
      text ==
      R"([{"jsonrpc":"2.0","method":"m\"\n","params":{"a":[]},"id":"\u0000"},{"jsonrpc":"2.0","method":"n"}])");
  CHECK(parts_of(text) == std::vector{to_json(request), to_json(RpcRequest{{}, "n"})});
  const RpcResponse response{"null", RpcError{RpcError::command_failed, "\xff", "[1]"}};
  CHECK(to_json(parse_rpc_responses(rpc_batch({to_json(response)})).at(0)) ==
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"\xef\xbf\xbd\",\"data\":[1]},\"id\":"
        "null}");
}

TEST_CASE("rpc messages: values may be as deep inside them as alone") {
  const auto deep = nested(max_json_depth);
  CHECK(!json_fault(deep));
  CHECK(json_fault(nested(max_json_depth + 1)) == "at byte 129: it is nested deeper than 128 levels");
  CHECK(json_fault(std::string(1'000'000, '[')) == "at byte 129: it is nested deeper than 128 levels");
  const RpcResponse response{"1", RpcError{1, "", deep}};
  CHECK(parse_rpc_responses(rpc_batch({to_json(response)})).at(0).error()->data == deep);
}

TEST_CASE("json: texts without fault") {
  for (const std::string text :
       {"null", " true\r\n", "false", "0", "-0", "-0.0e-0", "1E+2", "[ ]", "{ }", "[1 , [ ] ]",
        "{\"\":{\"a\":1}, \"b\":{\"a\":1}}", "18446744073709551615", "-9223372036854775808",
        "1.7976931348623157e308", "5e-324", "0e999999", "123456789012345678901234567890.0",
        "\"\x7f\xc3\xbc\xf4\x8f\xbf\xbf\"", R"("\"\\\/\b\f\n\r\t\u0000\uD83D\ude00\uFFFF")"}) {
    CAPTURE(text);
    CHECK(json_fault(text).value_or("") == "");
  }
}

TEST_CASE("json: what is wrong with a text, and where") {
  const auto row = GENERATE(values<Row>({
      {"", "at byte 1: it ends too early"},
      {" ", "at byte 2: it ends too early"},
      {"\xef\xbb\xbf{}", "at byte 1: a value is expected"},
      {{"{}\0", 3}, "at byte 3: something follows the value"},
      {"1 2", "at byte 3: something follows the value"},
      {"nul", "at byte 1: a value is expected"},
      {"NaN", "at byte 1: a value is expected"},
      {"// x\n1", "at byte 1: a value is expected"},
      {"[1,]", "at byte 4: a value is expected"},
      {"[1", "at byte 3: ',' or ']' is expected"},
      {"[1}", "at byte 3: ',' or ']' is expected"},
      {"{1:2}", "at byte 2: the name of a member is expected"},
      {"{\"a\"}", "at byte 5: ':' is expected"},
      {"{\"a\":1,}", "at byte 8: the name of a member is expected"},
      {"[{\"a\":1,\"b\":2,\"\\u0061\":3}]",
       "at byte 25: two members of the object that ends here are named 'a'"},
      {"01", "at byte 2: something follows the value"},
      {"-", "at byte 2: a digit is expected"},
      {"1.", "at byte 3: a digit is expected"},
      {"1e+", "at byte 4: a digit is expected"},
      {"+1", "at byte 1: a value is expected"},
      {"[18446744073709551616]", "at byte 2: an integer has more than 64 bits"},
      {"-9223372036854775809", "at byte 1: an integer has more than 64 bits"},
      {"1e309", "at byte 1: a number is out of the range of double precision"},
      {"-1e-400", "at byte 1: a number is out of the range of double precision"},
      {std::string(400, '9') + ".5", "at byte 1: a number is out of the range of double precision"},
      {"\"a", "at byte 1: the string has no end"},
      {"\"\\", "at byte 3: the escape is unknown"},
      {"\"\\x\"", "at byte 3: the escape is unknown"},
      {"\"\\u12g4\"", "at byte 4: \\u needs four hexadecimal digits"},
      {"\"\\u12", "at byte 4: \\u needs four hexadecimal digits"},
      {"\"\\ud83d\"", "at byte 8: half of a surrogate pair is missing"},
      {"\"\\ude00\"", "at byte 8: half of a surrogate pair is missing"},
      {"\"\n\"", "at byte 2: a control character stands in a string"},
      {{"\"\0\"", 3}, "at byte 2: a control character stands in a string"},
      {"\"a\xff\"", "at byte 3: a string is not UTF-8"},
      {"\"\xed\xa0\x80\"", "at byte 2: a string is not UTF-8"},
      {"\"\xc3\"", "at byte 2: a string is not UTF-8"},
  }));
  CAPTURE(row.text);
  CHECK(json_fault(row.text) == row.outcome);
}

TEST_CASE("json strings: there and back") {
  CHECK(json_string("a\"\\\n\x7f\xc3\xbc") == "\"a\\\"\\\\\\n\x7f\xc3\xbc\"");
  CHECK(json_string("\xff") == "\"\xef\xbf\xbd\"");
  CHECK(string_in_json(" \"\\u0000\\ud83d\\ude00\" ") == std::string{"\0\xf0\x9f\x98\x80", 5});
  for (const auto* const text : {"", "1", "\"a", "[\"a\"]", "\"a\" \"b\""}) CHECK(!string_in_json(text));
}
