// Objects with a content, and the content of objects.
#pragma once

#include <sys/wait.h>

#include <csignal>
#include <ipcutils/shared_memory.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "channel.hpp"

namespace ipcutils {

inline std::string content_of(const SharedMemory& object, std::uint64_t offset = 0,
                              std::uint64_t length = until_end) {
  TestSink sink{EndType::pipe};
  object.read_to(sink.endpoint(), offset, {.length = length});
  return sink.content();
}

inline std::uint64_t write_at(SharedMemory& object, std::uint64_t offset, std::string_view content) {
  const auto source = make_file(content);
  return object.write_from({source.get(), "the source"}, offset);
}

inline SharedMemoryDraft begin(const Reference& reference, std::uint64_t size, mode_t mode = 0600) {
  auto draft = SharedMemoryDraft::begin(reference, {.size = size, .mode = mode});
  if (!draft) throw std::runtime_error{reference.to_string() + " is there already"};
  return std::move(*draft);
}

inline void make_object(const Reference& reference, std::string_view content, mode_t mode = 0600) {
  auto draft = begin(reference, content.size(), mode);
  write_at(draft.object(), 0, content);
  if (!draft.publish()) throw std::runtime_error{reference.to_string() + " is there already"};
}

// Calls `make` in another process and kills that while it has what `make` returned.
template <typename Make>
void run_and_kill(Make make) {
  const pid_t child = require_call(::fork(), "fork");
  if (child == 0) {
    try {
      const auto made = make();
      ::raise(SIGKILL);
    } catch (const std::exception&) {
    }
    ::_exit(1);
  }
  int status = 0;
  require_call(::waitpid(child, &status, 0), "waitpid");
  if (!WIFSIGNALED(status)) throw std::runtime_error{"the child could not make it"};
}

}  // namespace ipcutils
