#include <ipcutils/signals.hpp>

#include "batch.hpp"
#include "receive.hpp"
#include "source.hpp"

namespace ipcutils::messages {

namespace {

// Gathers messages while there are any, and writes before it waits. Whatever ends it, what was taken and not
// written remains in the batch.
void write_messages(MessageSource& source, Batch& batch, const Interruption& interruption) {
  const auto longest = source.longest_message();
  while (!source.is_done()) {
    if (batch.is_empty()) require_reader();
    batch.reserve(longest);
    auto message = [&] {
      try {
        return batch.is_empty() ? source.next() : source.try_next();
      } catch (const Error&) {
        batch.write(interruption);  // a queue that was removed takes nothing back
        throw;
      }
    }();
    if (message) batch.add(*message, source.count());
    if (!message && batch.is_empty()) return;
    if ((!message || batch.is_full()) && !batch.write(interruption)) return;
  }
  batch.write(interruption);
}

}  // namespace

int receive_to_output(Origin& origin, const ReceiveOptions& options, Interruption& interruption) {
  const SignalIsError broken_pipe_is_error{SIGPIPE};
  MessageSource source{origin, options, interruption};
  Batch batch{options.format, origin.keep()};
  const auto settle_batch = [&] { return origin.settle(batch.undelivered(), interruption); };
  try {
    write_messages(source, batch, interruption);
  } catch (const Error& error) {
    // A reader that has gone is no failure as long as no message has been lost.
    if (!settle_batch() && error.code() == std::errc::broken_pipe) return cli::exit_failure;
    throw;
  } catch (...) {
    settle_batch();
    throw;
  }
  const int signal = interruption.signal();
  const bool is_safe = settle_batch();
  end_by_signal(signal, interruption);
  return is_safe ? source.end() : cli::exit_failure;
}

}  // namespace ipcutils::messages
