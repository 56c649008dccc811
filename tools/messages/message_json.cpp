#include "message_json.hpp"

#include <fmt/format.h>

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "../cli/json_line.hpp"

namespace ipcutils::messages {

namespace {

using nlohmann::json;

std::string_view text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.data.data()), message.data.size()};
}

[[noreturn]] void refuse(std::string reason) {
  throw Error::invalid("invalid JSON message", std::move(reason));
}

std::string encode_base64(std::string_view bytes) {
  using namespace boost::archive::iterators;
  using Encoded = base64_from_binary<transform_width<const char*, 6, 8>>;
  std::string text{Encoded{bytes.data()}, Encoded{bytes.data() + bytes.size()}};
  return text.append((3 - bytes.size() % 3) % 3, '=');
}

std::string decode_base64(std::string_view text) {
  using namespace boost::archive::iterators;
  using Decoded = transform_width<binary_from_base64<const char*>, 8, 6>;
  const auto padding = text.size() - (text.find_last_not_of('=') + 1);
  const auto digits = text.substr(0, text.size() - padding);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0 || padding > 2 || digits.find_first_not_of(alphabet) != digits.npos)
    refuse("\"base64\" is no base64");
  std::string bytes;
  const auto size = digits.size() * 3 / 4;
  auto from = Decoded{digits.data()};
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(*from++);
  if (encode_base64(bytes) != text) refuse("\"base64\" has bits after its end");
  return bytes;
}

template <typename Number>
Number number_from(const json& value, std::string_view name, Number minimum, Number maximum) {
  const bool is_in_range = value.is_number_unsigned() &&
                           value.get<std::uint64_t>() >= static_cast<std::uint64_t>(minimum) &&
                           value.get<std::uint64_t>() <= static_cast<std::uint64_t>(maximum);
  if (!is_in_range)
    refuse(fmt::format("\"{}\" must be a whole number from {} to {}", name, minimum, maximum));
  return value.get<Number>();
}

const std::string& text_from(const json& value, std::string_view name) {
  if (!value.is_string()) refuse(fmt::format("\"{}\" must be a string", name));
  return value.get_ref<const std::string&>();
}

}  // namespace

OwnedMessage OwnedMessage::of(const Message& message) {
  return {std::string{text_of(message)}, message.properties};
}

std::string message_to_json(const Message& message, std::uint64_t lost) {
  nlohmann::ordered_json object;
  const auto text = text_of(message);
  if (is_utf8(text))
    object["data"] = text;
  else
    object["base64"] = encode_base64(text);
  if (message.properties.priority) object["priority"] = *message.properties.priority;
  if (message.properties.type) object["type"] = *message.properties.type;
  if (lost != 0) object["lost"] = lost;
  return cli::json_line(object);
}

OwnedMessage message_from_json(std::string_view text) {
  const bool has_nul = text.find('\0') != text.npos;  // which ends a text for the parser
  const auto object = json::parse(text, nullptr, false);
  if (has_nul || object.is_discarded()) refuse("it is no JSON");
  if (!object.is_object()) refuse("it is no object");
  OwnedMessage message;
  for (const auto& [name, value] : object.items()) {
    if (name == "data")
      message.data = text_from(value, name);
    else if (name == "base64")
      message.data = decode_base64(text_from(value, name));
    else if (name == "priority")
      message.properties.priority = number_from<unsigned>(value, name, 0, MessageProperties::max_priority);
    else if (name == "type")
      message.properties.type = number_from<long>(value, name, 1, std::numeric_limits<long>::max());
    else if (name == "lost")  // it is not part of the message
      number_from<std::uint64_t>(value, name, 1, std::numeric_limits<std::uint64_t>::max());
    else
      refuse(fmt::format("unknown member {}", quote(name)));
  }
  if (object.contains("data") == object.contains("base64"))
    refuse("it must have either \"data\" or \"base64\"");
  return message;
}

}  // namespace ipcutils::messages
