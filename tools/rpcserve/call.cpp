#include "call.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/pipe.hpp>
#include <utility>

namespace ipcutils::rpcserve {

namespace {

constexpr std::size_t most_last_words = 4096;

constexpr std::chrono::seconds patience{1};

// At a time, so that a command that writes without end does not hold up all others. As much as a wide pipe
// holds, so that all that a process has written is read after its end.
constexpr int most_blocks = 16;

// Output from which the pipe is widened.
constexpr std::size_t much_output = 256 * 1024;

// Gives what is there to `take`. Whether the source has ended.
template <typename Take>
bool drain(Source& source, Take take) {
  std::array<std::byte, 64 * 1024> block;
  for (int i = 0; i < most_blocks; ++i) {
    const auto result = source.read(block);
    if (result.step != Step::moved) return result.step != Step::blocked;
    take(std::string_view{reinterpret_cast<const char*>(block.data()), result.size});
  }
  return false;
}

std::unique_ptr<Source> reader_of(FileDescriptor read_end) {
  return byte_source(Descriptor::owned(std::move(read_end)), Medium::pipe, "a command");
}

}  // namespace

Call::Call(Command command, std::string_view input, Duration timeout, std::size_t max_output)
    : m_timeout{timeout}, m_max_output{max_output}, m_due{Deadline::after(timeout)} {
  auto output = make_pipe();
  auto error = make_pipe();
  m_output = reader_of(std::move(output.read_end));
  m_error = reader_of(std::move(error.read_end));
  const auto text = file_in_memory(std::as_bytes(std::span{input}));
  m_child =
      command.start({.input = text.get(), .output = output.write_end.get(), .error = error.write_end.get()},
                    {.is_own = true});
  if (m_child->fd() != -1) return;
  kill();
  throw Error{EMFILE, "cannot watch a process"};
}

Call::~Call() {
  if (m_child) kill();
}

void Call::kill() {
  m_child->send_to_group(SIGKILL);
  m_child->wait(Deadline::never());
}

std::array<pollfd, Call::entries> Call::wanted() const noexcept {
  return {pollfd{m_output_ended ? -1 : m_output->fd(), POLLIN, 0},
          pollfd{m_error_ended ? -1 : m_error->fd(), POLLIN, 0}, pollfd{m_child->fd(), POLLIN, 0}};
}

std::optional<CallResult> Call::advance(const std::array<pollfd, entries>& seen) {
  if (seen[0].revents != 0) read_output();
  if (seen[1].revents != 0) read_last_words();
  if (seen[2].revents != 0) {
    if (const auto status = m_child->wait(Deadline::immediate())) {
      m_child.reset();
      m_result.status = *status;
      // What its own children write later is nobody's.
      read_output();
      read_last_words();
      return std::move(m_result);
    }
  }
  if (!m_due.has_passed()) return std::nullopt;
  if (m_is_ending) {
    m_child->send_to_group(SIGKILL);
    m_due = Deadline::never();
  } else {
    end(fmt::format("it took longer than {:g} s", std::chrono::duration<double>{m_timeout}.count()));
  }
  return std::nullopt;
}

void Call::end(std::string failure) {
  if (std::exchange(m_is_ending, true)) return;
  m_result.failure = std::move(failure);
  m_child->send_to_group(SIGTERM);
  m_due = Deadline::after(patience);
}

void Call::read_output() {
  if (m_output_ended) return;
  auto& output = m_result.output;
  m_output_ended = drain(*m_output, [&](std::string_view bytes) {
    if (m_is_ending) return;
    if (output.size() < much_output && output.size() + bytes.size() >= much_output) m_output->widen();
    output += bytes;
    if (output.size() > m_max_output) end(fmt::format("its result has more than {} bytes", m_max_output));
  });
}

void Call::read_last_words() {
  if (m_error_ended) return;
  auto& words = m_result.last_words;
  m_error_ended = drain(*m_error, [&](std::string_view bytes) {
    words += bytes;
    if (words.size() > most_last_words) words.erase(0, words.size() - most_last_words);
  });
}

}  // namespace ipcutils::rpcserve
