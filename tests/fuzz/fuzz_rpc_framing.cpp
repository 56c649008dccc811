// The input: the framing, the longest message, in pieces of what length the stream arrives; then the stream.
#include <algorithm>
#include <ipcutils/rpc_framing.hpp>
#include <string>
#include <vector>

#include "property.hpp"

using namespace ipcutils;

namespace {

constexpr std::size_t header = 3;

struct Reading {
  std::vector<std::string> messages;
  std::error_code refusal;

  bool operator==(const Reading&) const = default;
};

Reading read(std::string_view stream, std::size_t piece, RpcFraming framing, std::size_t max_size) {
  RpcReader reader{framing, max_size};
  Reading reading;
  try {
    for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
      reader.append(stream.substr(0, piece));
      while (auto message = reader.next()) reading.messages.push_back(std::move(*message));
    }
    if (auto message = reader.last()) reading.messages.push_back(std::move(*message));
    require(!reader.last(), "nothing follows the last message");
  } catch (const Error& error) {
    require(error.code() == std::errc::bad_message || error.code() == std::errc::message_size,
            "a refusal is EBADMSG or EMSGSIZE");
    require(is_printable(error.what()), "a refusal is printable");
    reading.refusal = error.code();
  }
  return reading;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < header) return 0;
  const auto framing = static_cast<RpcFraming>(data[0] % 3);
  const std::size_t max_size = data[1];
  const std::size_t piece = std::size_t{data[2]} + 1;
  const auto stream = text_of(data + header, size - header);
  const auto reading = read(stream, size, framing, max_size);
  require(read(stream, piece, framing, max_size) == reading, "the pieces make no difference");
  std::string again;
  for (const auto& message : reading.messages) {
    require(message.size() <= max_size, "no message is longer than allowed");
    require(message.find_first_not_of(" \t\r\n") != message.npos, "no message is blank");
    again += frame_rpc(message, framing);
  }
  const auto second = read(again, piece, framing, max_size);
  require(!second.refusal && second.messages.size() == reading.messages.size(),
          "what is framed is read again");
  return 0;
}
