// Standard streams, and other descriptors that were inherited.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ipcutils/datagram.hpp>
#include <ipcutils/number.hpp>

#include "descriptor_settings.hpp"
#include "opener.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

class GivenOpener final : public Opener {
 public:
  GivenOpener(const AddressSpec& spec, Use use, const Context& context) : Opener{spec, context}, m_use{use} {
    if (spec.keyword->id == Keyword::Id::descriptor) open_flags(number());  // for its error
  }

  std::optional<Channel> open(const Deadline&) override {
    using enum Keyword::Id;
    switch (spec().keyword->id) {
      case standard_input:
        return given(STDIN_FILENO, -1, "standard input");
      case standard_output:
        return given(-1, STDOUT_FILENO, "standard output");
      case standard_error:
        return given(-1, STDERR_FILENO, "standard error");
      case descriptor:
        return given_by_number();
      default:
        return standard();
    }
  }

 private:
  int number() const {
    return static_cast<int>(parse_number(spec().parameters.at(0), "descriptor", 0, 2147483647));
  }

  Channel standard() const {
    if (!m_use.writes) return given(STDIN_FILENO, -1, "standard input");
    if (!m_use.reads) return given(-1, STDOUT_FILENO, "standard output");
    return given(STDIN_FILENO, STDOUT_FILENO, "standard input and output");
  }

  Channel given_by_number() const {
    const int fd = number();
    const int access = open_flags(fd) & O_ACCMODE;
    return given(m_use.reads && access != O_WRONLY ? fd : -1, m_use.writes && access != O_RDONLY ? fd : -1,
                 fmt::format("descriptor {}", fd));
  }

  // -1: not for that.
  Channel given(int for_reading, int for_writing, std::string name) const {
    Channel channel;
    const auto input = for_reading == -1 ? Descriptor{} : Descriptor::inherited(for_reading);
    const auto output = for_writing == for_reading ? input
                        : for_writing == -1        ? Descriptor{}
                                                   : Descriptor::inherited(for_writing);
    for (const auto& fd : {input, output})
      if (fd.is_open()) set_up(channel, fd.get(), medium_of(fd.get()));
    if (input.is_open()) channel.side.source = source_of(input, name);
    if (output.is_open()) channel.side.sink = sink_of(output, name);
    channel.side.name = std::move(name);
    set_descriptor_options(channel, spec());
    return channel;
  }

  static std::unique_ptr<Source> source_of(const Descriptor& input, const std::string& name) {
    const auto medium = medium_of(input.get());
    return medium == Medium::packets ? packet_source(input, name) : byte_source(input, medium, name);
  }

  static std::unique_ptr<Sink> sink_of(const Descriptor& output, const std::string& name) {
    const auto medium = medium_of(output.get());
    return medium == Medium::packets ? packet_sink(output, name) : byte_sink(output, medium, name);
  }

  void set_up(Channel& channel, int fd, Medium medium) const {
    if (medium != Medium::packets && !is_stream_socket(medium)) return;
    channel.local = local_address(fd);
    channel.peer = peer_address(fd);
    channel.credentials = peer_credentials(fd);
    set_socket_options(fd, spec(), Phase::before_bind, context());
    set_socket_options(fd, spec(), Phase::connect, context());
  }

  Use m_use;
};

}  // namespace

std::unique_ptr<Opener> make_given_opener(const AddressSpec& spec, Use use, const Context& context) {
  return std::make_unique<GivenOpener>(spec, use, context);
}

}  // namespace ipcutils::sockcat
