#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <ipcutils/datagram.hpp>
#include <ipcutils/pipe.hpp>
#include <ipcutils/relay.hpp>
#include <span>
#include <string>
#include <vector>

#include "property.hpp"

using namespace ipcutils;

namespace {

using Packets = std::vector<std::string>;

constexpr std::size_t most_packets = 64;
constexpr std::size_t longest = 2000;  // all of them fit into the buffer of a socket

// The bytes of a packet stand behind its length, which is one byte; of lengths over 200 there is a multiple,
// filled up with the last byte.
Packets packets_in(std::string_view text) {
  Packets packets;
  while (!text.empty() && packets.size() < most_packets) {
    const std::size_t byte = static_cast<unsigned char>(text[0]);
    text.remove_prefix(1);
    const auto length = std::min<std::size_t>(byte > 200 ? (byte - 200) * 40 : byte, longest);
    std::string packet{text.substr(0, length)};
    text.remove_prefix(packet.size());
    packet.resize(length, packet.empty() ? 'x' : packet.back());
    packets.push_back(std::move(packet));
  }
  return packets;
}

struct Pair {
  explicit Pair(int type) : Pair{make_socket_pair(type)} {
    if (type != SOCK_SEQPACKET) return;
    mark_packets(here.get());
    mark_packets(there.get());
  }
  FileDescriptor here;   // the relay's
  FileDescriptor there;  // the peer's

 private:
  explicit Pair(SocketPair pair) : here{std::move(pair.first)}, there{std::move(pair.second)} {}
};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

void send(const FileDescriptor& socket, const Packets& packets) {
  for (const auto& packet : packets)
    require(send_to(socket.get(), bytes_of(packet), {}, Deadline::immediate()), "a packet can be sent");
}

// All that is there. With a buffer that is too small for some, those are lost and told of, and no other is.
Packets receive(const FileDescriptor& socket, std::size_t room, bool has_end) {
  std::string buffer(room, '\0');
  Packets packets;
  for (;;) {
    try {
      const auto packet =
          receive_from(socket.get(), std::as_writable_bytes(std::span{buffer}), Deadline::immediate());
      if (!packet || packet->is_end) {
        require(packet.has_value() == has_end, "an end is an end, and no packet is");
        return packets;
      }
      packets.push_back(buffer.substr(0, packet->size));
    } catch (const Error& error) {
      require(error.code() == std::errc::message_size, "a packet is lost only when it does not fit");
    }
  }
}

Packets shorter_than(Packets packets, std::size_t room) {
  std::erase_if(packets, [&](const auto& packet) { return packet.size() > room; });
  return packets;
}

std::uint64_t bytes_in(const Packets& packets) {
  std::uint64_t bytes = 0;
  for (const auto& packet : packets) bytes += packet.size();
  return bytes;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned choice = data[0];
  const bool has_end = (choice & 1) != 0;
  const bool is_exclusive = (choice & 2) != 0;
  const bool has_filter = (choice & 4) != 0;
  const bool has_before = (choice & 8) != 0;
  const bool has_small_room = (choice & 16) != 0;
  const bool is_one_way = (choice & 32) != 0;
  const bool has_small_block = (choice & 64) != 0;
  const bool empty_ends = (choice & 128) != 0 && !has_before;
  const auto packets = packets_in(text_of(data + 1, size - 1));
  const Packets back{packets.rbegin(), packets.rend()};

  const int type = has_end ? SOCK_SEQPACKET : SOCK_DGRAM;
  const Pair left{type};
  const Pair right{type};
  const auto side_of = [&](const Pair& pair) {
    return socket_side(
        is_exclusive ? Descriptor::owned(duplicate(pair.here.get())) : Descriptor::borrowed(pair.here.get()),
        "a socket");
  };
  auto first = side_of(left);
  auto second = side_of(right);
  first.source->set_rules({.empty_packet_ends = empty_ends});
  if (has_before) {
    const auto half = packets.begin() + static_cast<std::ptrdiff_t>(packets.size() / 2);
    std::for_each(packets.begin(), half, [&](const auto& packet) { first.source->prefetch(packet); });
    send(left.there, {half, packets.end()});
  } else {
    send(left.there, packets);
  }
  if (is_one_way) {
    first.sink.reset();
    second.source.reset();
  } else {
    send(right.there, back);
  }
  if (has_end) {
    ::shutdown(left.there.get(), SHUT_WR);
    ::shutdown(right.there.get(), SHUT_WR);
  }

  RelayOptions options;
  options.idle = Duration::zero();
  if (has_small_block) options.block = 1;
  if (has_filter)
    options.filter = [](Direction, std::span<const std::byte> packet, std::string& replacement) {
      replacement.assign(reinterpret_cast<const char*>(packet.data()), packet.size());
      return packet.size() % 2 == 0;
    };
  const auto result = relay(first, second, options);

  auto passed = packets;
  const auto empty = std::find(passed.begin(), passed.end(), std::string{});
  const bool was_ended_by_packet = empty_ends && empty != passed.end();
  if (was_ended_by_packet) passed.erase(empty, passed.end());
  const bool forward_ends = has_end || was_ended_by_packet;
  const bool all_end = forward_ends && (has_end || is_one_way);
  require(result.reason == (all_end ? RelayResult::Reason::ended : RelayResult::Reason::idle) ||
              (was_ended_by_packet && result.reason == RelayResult::Reason::lingered),
          "a relay ends when both ways do");
  require(result.forward.has_ended == forward_ends, "a way that has ended says so");
  require(result.forward.steps == passed.size() && result.forward.bytes == bytes_in(passed),
          "what has passed is counted");
  require(!result.forward.has_unsent && !result.backward.has_unsent, "all has passed");
  const std::size_t room = has_small_room ? 100 : longest;
  require(receive(right.there, room, has_end) == shorter_than(passed, room), "packets pass as they are");
  if (!is_one_way) {
    require(result.backward.steps == back.size() && result.backward.bytes == bytes_in(back),
            "what has passed back is counted");
    require(receive(left.there, room, has_end) == shorter_than(back, room), "packets pass back as they are");
  }
  return 0;
}
