// Pipes and sockets that give back what they get, texts, and what gives and takes nothing.
#include <fcntl.h>
#include <sys/socket.h>

#include <ipcutils/datagram.hpp>
#include <ipcutils/pipe.hpp>

#include "descriptor_settings.hpp"
#include "opener.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

Channel echo() {
  auto pipe = make_pipe();
  Channel channel;
  channel.side = {byte_source(Descriptor::owned(std::move(pipe.read_end)), Medium::pipe, "a pipe"),
                  byte_sink(Descriptor::owned(std::move(pipe.write_end)), Medium::pipe, "a pipe"), "a pipe"};
  return channel;
}

// Written to one of them, read from the other.
Channel socket_pair(const AddressSpec& spec, const Context& context) {
  constexpr auto name = "a pair of sockets";
  auto pair = make_socket_pair(static_cast<int>(spec.number(Option::socktype).value_or(SOCK_STREAM)));
  for (const int fd : {pair.first.get(), pair.second.get()})
    set_socket_options(fd, spec, Phase::before_bind, context);
  Channel channel;
  channel.side.source = socket_side(Descriptor::owned(std::move(pair.first)), name).source;
  channel.side.sink = socket_side(Descriptor::owned(std::move(pair.second)), name).sink;
  channel.side.sink->set_end(Sink::End::close);
  channel.side.name = name;
  return channel;
}

Channel text(const AddressSpec& spec, Use use) {
  Channel channel;
  channel.side.name = "a text";
  channel.side.source = text_source(spec.parameters.at(0), channel.side.name);
  if (!use.writes) return channel;
  FileDescriptor nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  channel.side.sink =
      byte_sink(Descriptor::owned(std::move(nowhere)), Medium::null_device, channel.side.name);
  channel.side.sink->set_end(Sink::End::nothing);
  return channel;
}

// A socket that nobody writes to at its other end, nor reads what fills it.
Channel stall() {
  auto pair = make_socket_pair(SOCK_STREAM);
  Channel channel;
  channel.kept.push_back(std::make_shared<const FileDescriptor>(std::move(pair.second)));
  channel.side = socket_side(Descriptor::owned(std::move(pair.first)), "a stall");
  fill(channel.side.sink->fd());
  channel.side.source->set_silent();
  channel.side.sink->set_end(Sink::End::nothing);
  return channel;
}

class LoopOpener final : public Opener {
 public:
  LoopOpener(const AddressSpec& spec, Use use, const Context& context) : Opener{spec, context}, m_use{use} {}

  std::optional<Channel> open(const Deadline&) override {
    auto channel = open_now();
    set_descriptor_options(channel, spec());
    return channel;
  }

 private:
  Channel open_now() const {
    using enum Keyword::Id;
    switch (spec().keyword->id) {
      case socketpair:
        return socket_pair(spec(), context());
      case Keyword::Id::text:
        return sockcat::text(spec(), m_use);
      case Keyword::Id::stall:
        return sockcat::stall();
      default:
        return echo();
    }
  }

  Use m_use;
};

}  // namespace

std::unique_ptr<Opener> make_loop_opener(const AddressSpec& spec, Use use, const Context& context) {
  return std::make_unique<LoopOpener>(spec, use, context);
}

}  // namespace ipcutils::sockcat
