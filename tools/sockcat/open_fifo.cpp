// FIFOs.
#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/fifo.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/wait.hpp>

#include "descriptor_settings.hpp"
#include "opener.hpp"

namespace ipcutils::sockcat {

namespace {

class FifoOpener final : public Opener {
 public:
  FifoOpener(const AddressSpec& spec, Use use, const Context& context) : Opener{spec, context}, m_use{use} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    Channel channel;
    channel.side.name = fmt::format("FIFO {}", quote(path()));
    const auto fifo = find_or_make(channel);
    // Each end opens the other's way: with both, neither waits for a stranger.
    if (m_use.reads) {
      auto reader = fifo->open_reader();
      const bool waits = !m_use.writes && !m_use.is_looped && !spec().has(Option::nonblock);
      if (waits && !wait_for_writer(*fifo, reader, deadline)) return std::nullopt;
      channel.side.source =
          byte_source(Descriptor::owned(std::move(reader)), Medium::pipe, channel.side.name);
    }
    if (m_use.writes) {
      auto writer = open_writer(*fifo, deadline);
      if (!writer) return std::nullopt;
      channel.side.sink = byte_sink(Descriptor::owned(std::move(*writer)), Medium::pipe, channel.side.name);
    }
    set_descriptor_options(channel, spec());
    return channel;
  }

  std::string timeout_message() const override { return fmt::format("{} had no other side", quote(path())); }

 private:
  const std::string& path() const { return spec().parameters.at(0); }

  std::shared_ptr<const Fifo> find_or_make(Channel& channel) const {
    auto fifo = Fifo::open_if_exists(path(), Trust::self_and_root);
    if (fifo && (spec().has(Option::unlink) || spec().has(Option::unlink_early))) {
      fifo->remove_if_same();
      fifo.reset();
    }
    const bool is_new = !fifo;
    if (is_new) fifo = Fifo::create(path(), static_cast<mode_t>(spec().number(Option::mode).value_or(0600)));
    if (!fifo) throw Error{EEXIST, fmt::format("cannot create FIFO {}", quote(path()))};
    auto shared = std::make_shared<const Fifo>(std::move(*fifo));
    if (spec().flag(Option::unlink_close).value_or(is_new))
      channel.names.emplace_back([shared] { shared->remove_if_same(); }, log());
    return shared;
  }

  // Before the first writer, there would be an end without a beginning.
  bool wait_for_writer(const Fifo& fifo, const FileDescriptor& reader, const Deadline& deadline) const {
    for (;;) {
      const auto watch = fifo.watch();
      fifo.require_reachable();
      std::array<pollfd, 2> entries{{{reader.get(), POLLIN, 0}, {watch.descriptor(), POLLIN, 0}}};
      if (wait_for_events(entries, watch.until_next_look(deadline)) == Waited::ready &&
          entries[0].revents != 0)
        return true;
      if (deadline.has_passed()) return false;
    }
  }

  // open(2) waits for a reader, and cannot wait for the loss of the name at the same time.
  std::optional<FileDescriptor> open_writer(const Fifo& fifo, const Deadline& deadline) const {
    for (;;) {
      if (auto writer = fifo.open_writer(deadline.within(FileWatch::look_interval))) return writer;
      if (deadline.has_passed()) return std::nullopt;
      fifo.require_reachable();
    }
  }

  Use m_use;
};

}  // namespace

std::unique_ptr<Opener> make_fifo_opener(const AddressSpec& spec, Use use, const Context& context) {
  if (spec.parameters.empty()) return make_loop_opener(spec, use, context);
  return std::make_unique<FifoOpener>(spec, use, context);
}

}  // namespace ipcutils::sockcat
