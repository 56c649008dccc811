#include <ipcutils/rpc_signature.hpp>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using Scalars = std::vector<std::pair<std::string, std::string>>;

namespace {

struct Row {
  std::string given;
  std::string outcome;
};

struct SchemaRow {
  const char* schema;
  std::vector<const char*> fitting;
  std::vector<Row> unfitting;  // with the objection
};

constexpr auto resize = R"({
  "name": "other", "summary": "resizes an image", "x-tag": 1,
  "params": [
    {"name": "path", "required": true, "schema": {"type": "string"}, "summary": "of a file"},
    {"name": "size", "required": true, "description": "in pixels",
     "schema": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2}},
    {"name": "crop", "schema": true}]})";

RpcSignature of_schema(std::string_view schema) {
  return RpcSignature::parse(R"({"params":[{"name":"a","schema":)" + std::string{schema} + "}]}");
}

}  // namespace

TEST_CASE("rpc signature: params by name and by position") {
  const auto signature = RpcSignature::parse(resize);
  for (const auto* const params :
       {R"(["a.png", [3, 4]])", R"(["a.png", [3, 4], null])", R"({"size": [3, 4.0], "\u0070ath": ""})"}) {
    CAPTURE(params);
    CHECK(signature.objection(params).value_or("") == "");
  }
  const auto row = GENERATE(values<Row>({
      {"", "path: is missing"},
      {"[]", "path: is missing"},
      {R"(["a"])", "size: is missing"},
      {R"({"size":[1,1]})", "path: is missing"},
      {R"({"path":"a","size":[1,1],"Crop":1})", "Crop: is unknown"},
      {R"(["a",[1,1],1,1])", "params: has more than 3 elements"},
      {R"([1])", "path: is no string"},
      {R"(["a",[1,0.5]])", "size[1]: is no integer"},
      {R"(["a",[0,1]])", "size[0]: is less than 1"},
      {R"(["a",[1]])", "size: has fewer than 2 elements"},
      {R"(["a",[1,1,1]])", "size: has more than 2 elements"},
      {"5", "params: is neither an array nor an object"},
  }));
  CAPTURE(row.given);
  CHECK(signature.objection(row.given) == row.outcome);
}

TEST_CASE("rpc signature: keywords of JSON Schema") {
  const auto row = GENERATE(values<SchemaRow>({
      {"{}", {"null", "1", "[{}]"}, {}},
      {"false", {}, {{"1", "a: must not be given"}}},
      {R"({"type":"integer"})",
       {"1", "-1.0", "1e2", "18446744073709551615"},
       {{"1.5", "a: is no integer"}, {"\"1\"", "a: is no integer"}, {"null", "a: is no integer"}}},
      {R"({"type":"number"})", {"1", "1.5"}, {{"true", "a: is no number"}}},
      {R"({"type":["boolean","null"]})", {"true", "false", "null"}, {{"0", "a: is no boolean or null"}}},
      {R"({"type":"object"})", {"{}"}, {{"[]", "a: is no object"}}},
      {R"({"enum":["a",1,{"x":1,"y":[2]}]})",
       {R"("\u0061")", "1.0", R"({"y":[2],"x":1})"},
       {{"\"b\"", R"(a: is none of ["a",1,{"x":1,"y":[2]}])"},
        {"[1]", R"(a: is none of ["a",1,{"x":1,"y":[2]}])"}}},
      {R"({"const":-1})",
       {"-1", "-1.0"},
       {{"18446744073709551615", "a: is not -1"}, {"null", "a: is not -1"}}},
      {R"({"minimum":9007199254740993,"maximum":9007199254740994})",
       {"9007199254740993", "9007199254740994", "\"x\""},
       {{"9007199254740992", "a: is less than 9007199254740993"},
        {"9007199254740995", "a: is greater than 9007199254740994"}}},
      {R"({"exclusiveMinimum":0,"exclusiveMaximum":1})",
       {"0.5"},
       {{"0", "a: is not greater than 0"}, {"1.0", "a: is not less than 1"}}},
      {R"({"minLength":2,"maxLength":3})",
       {"\"ab\"", "\"\xc3\xa4\xf0\x9f\x98\x80\\u00e4\"", "1"},
       {{"\"\xc3\xa4\"", "a: has fewer than 2 characters"}, {"\"abcd\"", "a: has more than 3 characters"}}},
      {R"({"properties":{"x":{"type":"string"},"y":{}},"required":["y"],"additionalProperties":false})",
       {R"({"y":1,"x":""})", "[]"},
       {{"{}", "a.y: is missing"},
        {R"({"y":1,"x":2})", "a.x: is no string"},
        {R"({"y":1,"z":2})", "a.z: is unknown"}}},
      {R"({"additionalProperties":{"items":{"type":"null"}}})",
       {"{}", R"({"x":[null],"y":1})"},
       {{R"({"x":[null,1]})", "a.x[1]: is no null"}}},
      {R"({"pattern":"[","$ref":5})", {"1"}, {}},
  }));
  CAPTURE(row.schema);
  const auto signature = of_schema(row.schema);
  for (const auto* const value : row.fitting) {
    CAPTURE(value);
    CHECK(signature.objection('[' + std::string{value} + ']').value_or("") == "");
  }
  for (const auto& [value, objection] : row.unfitting) {
    CAPTURE(value);
    CHECK(signature.objection("{\"a\":" + value + "}") == objection);
  }
}

TEST_CASE("rpc signature: a structure of params that is asked for") {
  const auto of_structure = [](const std::string& structure) {
    return RpcSignature::parse(R"({"params":[{"name":"a"}],"paramStructure":")" + structure + "\"}");
  };
  CHECK(of_structure("by-name").objection("[1]") == "params: must be given by name");
  CHECK(of_structure("by-position").objection("{\"a\":1}") == "params: must be given by position");
  for (const auto* const params : {"", "[1]", "{\"a\":1}"}) CHECK(!of_structure("either").objection(params));
}

TEST_CASE("rpc signature: what it tells") {
  const auto signature = RpcSignature::parse(resize);
  CHECK(signature.parameters() == std::vector<std::string>{"path", "size", "crop"});
  CHECK(signature.summary() == "resizes an image");
  CHECK(RpcSignature::parse(R"({"params":[],"description":"d"})").summary() == "d");
  CHECK(
      signature.input_schema() ==
      R"({"type":"object","properties":{"path":{"type":"string","description":"of a file"},)"
      R"("size":{"type":"array","items":{"type":"integer","minimum":1},"minItems":2,"maxItems":2,)"
      R"("description":"in pixels"},"crop":true},"required":["path","size"],"additionalProperties":false})");
  CHECK(RpcSignature::parse(R"({"x":1,"params":[],"name":"n"})").method_object("a\"") ==
        R"({"name":"a\"","x":1,"params":[]})");
}

TEST_CASE("rpc signature: a malformed one is refused") {
  const auto row = GENERATE(values<Row>({
      {"", "it is no JSON, at byte 1: it ends too early"},
      {"[]", "it is no object"},
      {"{}", "its params are no array"},
      {R"({"params":{}})", "its params are no array"},
      {R"({"params":[1]})", "one of its params is no object"},
      {R"({"params":[{}]})", "one of its params has no name"},
      {R"({"params":[{"name":1}]})", "its name is no string"},
      {R"({"params":[{"name":"a"},{"name":"a"}]})", "two of its params are named 'a'"},
      {R"({"params":[{"name":"a","required":1}]})", "required of its param 'a' is neither true nor false"},
      {R"({"params":[],"summary":1})", "its summary is no string"},
      {R"({"params":[],"paramStructure":"x"})", "its paramStructure is none of by-name, by-position, either"},
  }));
  CAPTURE(row.given);
  const auto error = error_of([&] { RpcSignature::parse(row.given); });
  CHECK(error.code() == std::errc::bad_message);
  CHECK(error.attempt() == "invalid signature");
  CHECK(error.reason() == row.outcome);
}

TEST_CASE("rpc signature: a malformed schema is refused") {
  const auto row = GENERATE(values<Row>({
      {"1", "it is neither an object nor true or false"},
      {R"({"type":"int"})", "its type is no type of JSON, or an array of them"},
      {R"({"type":["string",1]})", "its type is no type of JSON, or an array of them"},
      {R"({"enum":1})", "its enum is no array"},
      {R"({"exclusiveMinimum":true})", "its exclusiveMinimum is no number"},
      {R"({"minLength":-1})", "its minLength is no count"},
      {R"({"maxItems":1.5})", "its maxItems is no count"},
      {R"({"required":[1]})", "its required is no array of strings"},
      {R"({"items":{"items":[]}})", "its items: its items: it is neither an object nor true or false"},
      {R"({"properties":{"x":{"maximum":"1"}}})", "its property 'x': its maximum is no number"},
  }));
  CAPTURE(row.given);
  CHECK(error_of([&] { of_schema(row.given); }).reason() == "the schema of its param 'a': " + row.outcome);
}

TEST_CASE("rpc params: the scalars among them") {
  CHECK(scalar_rpc_params("").empty());
  CHECK(scalar_rpc_params("5").empty());
  CHECK(scalar_rpc_params(R"({"a":"\u00e4","b":1.50,"c":true,"d":null,"e":[1],"f":{},"":"x"})") ==
        Scalars{{"a", "\xc3\xa4"}, {"b", "1.50"}, {"c", "true"}, {"", "x"}});
  CHECK(scalar_rpc_params(R"([1, [], "b", -2])", {"a", "b"}) == Scalars{{"a", "1"}, {"3", "b"}, {"4", "-2"}});
}
