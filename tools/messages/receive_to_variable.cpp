#include "receive.hpp"
#include "source.hpp"

namespace ipcutils::messages {

namespace {

// A message is delivered when the variable has it.
void assign_messages(MessageSource& source, KeptMessages& kept, const ReceiveOptions& options,
                     const Interruption& interruption) {
  const bool is_array = options.count || options.drain;
  if (is_array) options.into->clear();
  std::string value;
  while (!source.is_done()) {
    kept.reserve(source.longest_message());
    const auto message = source.next();
    if (!message) return cli::require_no_signal(interruption);
    kept.add(*message);
    value.clear();
    options.format.append_to(value, *message, source.count());
    is_array ? options.into->append(value) : options.into->assign(value);
    kept.clear();
  }
}

}  // namespace

int receive_to_variable(Origin& origin, const ReceiveOptions& options, Interruption& interruption) {
  MessageSource source{origin, options, interruption};
  KeptMessages kept{origin.keep()};
  const auto settle = [&] { return origin.settle(kept.from(0), interruption); };
  try {
    assign_messages(source, kept, options, interruption);
  } catch (...) {
    settle();
    throw;
  }
  return settle() ? source.end() : cli::exit_failure;
}

}  // namespace ipcutils::messages
