// The input is taken as JSON, and as the bytes of a message.
#include <cstring>
#include <limits>
#include <messages/message_json.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;
using messages::message_from_json;
using messages::OwnedMessage;

namespace {

bool is_equal(const OwnedMessage& a, const OwnedMessage& b) {
  return a.data == b.data && a.properties == b.properties;
}

void check_round_trip(const OwnedMessage& message) {
  const auto json = messages::message_to_json(message.view());
  require(json.find('\n') == json.npos && json.find('\0') == json.npos, "a message is one line");
  require(is_utf8(json), "JSON is UTF-8");
  require(json.size() <= message.data.size() * 6 + 1024, "JSON is at most six times as long as its message");
  const auto again = parsed([&] { return message_from_json(json); });
  require(again && is_equal(*again, message), "a message comes back from its JSON");
  require(messages::message_to_json(again->view()) == json, "JSON of a message stays as it is");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  if (const auto message = parsed([&] { return message_from_json(text); })) {
    const auto& properties = message->properties;
    require(properties.priority.value_or(0) <= MessageProperties::max_priority,
            "a priority is within its bounds");
    require(properties.type.value_or(1) >= 1, "a type is within its bounds");
    require(text.find('\0') == text.npos, "JSON has no NUL");
    check_round_trip(*message);
  }
  long number = 0;
  std::memcpy(&number, data, size < sizeof number ? size : sizeof number);
  check_round_trip({text, {}});
  check_round_trip({text, {.priority = static_cast<unsigned>(number & MessageProperties::max_priority)}});
  check_round_trip({text, {.type = number > 0 ? number : std::numeric_limits<long>::max()}});
  return 0;
}
