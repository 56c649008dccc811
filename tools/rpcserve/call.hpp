// A command that works on a request.
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <ipcutils/command.hpp>
#include <ipcutils/deadline.hpp>
#include <ipcutils/source.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ipcutils::rpcserve {

// What came of it.
struct CallResult {
  int status;                // as a shell has it
  std::string output;        // all of its standard output
  std::string last_words;    // the end of its standard error
  std::string failure = {};  // why it was ended: "it took longer than 5 s"; empty: it was not
};

// Owns the process and the pipes from it, and kills what still runs when it goes. Never blocks otherwise. Not
// thread-safe.
class Call {
 public:
  // Starts it, in a process group of its own, with `input` as standard input. A call that takes longer than
  // `timeout`, or writes more than `max_output` bytes, is ended. Throws Error and CommandError.
  Call(Command command, std::string_view input, Duration timeout, std::size_t max_output);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  // Output, standard error and the end of the process, for poll(2); and when advance() has something to do
  // without any of them.
  static constexpr std::size_t entries = 3;
  std::array<pollfd, entries> wanted() const noexcept;
  Deadline due() const noexcept { return m_due; }

  // Goes on, and returns the result when it has ended. `seen` is what wanted() gave, after poll(2).
  std::optional<CallResult> advance(const std::array<pollfd, entries>& seen);

  // Ends all its processes: by SIGTERM, and by SIGKILL a second later. `failure` goes into the result.
  void end(std::string failure);

 private:
  void kill();
  void read_output();
  void read_last_words();

  Duration m_timeout;
  std::size_t m_max_output;
  std::unique_ptr<Source> m_output;
  std::unique_ptr<Source> m_error;
  bool m_output_ended = false;
  bool m_error_ended = false;
  bool m_is_ending = false;
  Deadline m_due;
  CallResult m_result{};
  std::optional<Child> m_child;  // nothing: it has ended
};

}  // namespace ipcutils::rpcserve
