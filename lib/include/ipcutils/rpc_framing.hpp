// Where a message of JSON-RPC ends in a stream of bytes.
#pragma once

#include <cstddef>
#include <ipcutils/export.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils {

enum class RpcFraming {
  line,  // a newline after each message, which has none inside
  lsp,   // "Content-Length: BYTES" and an empty line before it, as in the Language Server Protocol
  nul,   // a NUL after each message
};

// Cuts what comes over a connection into messages. Not thread-safe.
class IPCUTILS_EXPORT RpcReader {
 public:
  // Messages of more than `max_size` bytes are an error.
  RpcReader(RpcFraming framing, std::size_t max_size) : m_framing{framing}, m_max_size{max_size} {}

  void append(std::string_view bytes) { m_bytes.append(bytes); }

  // The next complete message, without its framing; nothing as long as bytes are missing. Messages without
  // any character but blanks are passed over. Takes time in proportion to the bytes, however they arrive.
  // Errors, after which the rest cannot be read: EMSGSIZE, a message is too long, told as soon as it is
  // known; EBADMSG, a header is not one of the framing, or longer than 4 KiB.
  std::optional<std::string> next();

  // At the end of the stream, after next() has returned nothing: the last message, to which only the newline
  // is missing. Line framing alone. Errors: EBADMSG for the other framings, when a message is incomplete.
  std::optional<std::string> last();

  // Bytes of a message have come that is not complete; after next() has returned nothing.
  bool is_amid_message() const noexcept { return m_header_size > 0 || m_begin != m_bytes.size(); }

 private:
  std::optional<std::string> next_ended();
  std::optional<std::string> next_counted();
  bool take_header_line();
  void read_header_line(std::string_view line);
  std::string take(std::size_t size, std::size_t ending);
  void drop_taken();

  RpcFraming m_framing;
  std::size_t m_max_size;
  std::string m_bytes;
  std::size_t m_begin = 0;     // of what is not yet taken
  std::size_t m_searched = 0;  // up to here there is no end of the message, or of the line of its header
  // Of the message at m_begin, with RpcFraming::lsp:
  std::size_t m_header_size = 0;        // of the lines already taken
  std::optional<std::size_t> m_length;  // from the header
  bool m_is_in_body = false;
};

// The bytes to send for a message, a JSON text. For RpcFraming::line CR and LF in it become blanks, which
// they may: a JSON string has none.
IPCUTILS_EXPORT std::string frame_rpc(std::string message, RpcFraming framing);

}  // namespace ipcutils
