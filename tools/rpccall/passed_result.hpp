// Results that a server passes as a descriptor instead of as text.
#pragma once

#include <cstdint>
#include <ipcutils/file_descriptor.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "answer.hpp"

namespace ipcutils::rpccall {

// The method by which a client says that it takes them. A server that passes them answers true.
inline constexpr std::string_view memfd_method = "rpc.memfd";

// {"jsonrpc":"2.0","id":ID,"memfd":{"size":N,"raw":BOOL}}: the result is in the descriptor that came with it.
struct ResultNote {
  std::string id;  // JSON text
  std::uint64_t size;
  bool is_string;
};

// Nothing for any other message.
std::optional<ResultNote> parse_result_note(std::string_view message);

// Errors: EBADMSG, no descriptor came, or its content is not what the note says; EMSGSIZE, it has more than
// `max_size` bytes; those of SealedMemory.
PassedResult open_passed_result(const ResultNote& note, std::optional<FileDescriptor> passed,
                                std::size_t max_size);

}  // namespace ipcutils::rpccall
