// Standard streams, descriptors, files, pipes, texts.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ipcutils/fifo.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/poll.hpp>
#include <ipcutils/quote.hpp>
#include <stdexcept>

#include "../cli/pair.hpp"
#include "opener.hpp"
#include "ownership.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

bool is_socket(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

// Whether a descriptor that was opened with these flags can be read, or written.
bool is_for_reading(int flags) { return (flags & O_ACCMODE) != O_WRONLY; }
bool is_for_writing(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

// Closes a descriptor that is not ours alone. The number stays taken, so that nothing else gets it.
void give_back(int fd) {
  const FileDescriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (fd <= STDERR_FILENO)
    ::dup2(nothing.get(), fd);
  else
    ::dup3(nothing.get(), fd, O_CLOEXEC);
}

class FileOpener final : public Opener {
 public:
  FileOpener(const AddressSpec& spec, Use use, const Context& context) : Opener{spec, context}, m_use{use} {
    if (spec.keyword->id == Keyword::Id::descriptor) require_descriptor();
  }

  std::optional<Channel> open(const Deadline& deadline) override {
    auto channel = open_by_kind(deadline);
    if (channel) set_up_descriptors(*channel);
    return channel;
  }

  std::string complaint() const override { return fmt::format("{} had no other side", quote(path())); }

 private:
  std::optional<Channel> open_by_kind(const Deadline& deadline) {
    switch (spec().keyword->id) {
      case Keyword::Id::stdio:
        if (!m_use.writes) return given(STDIN_FILENO, -1, "standard input");
        if (!m_use.reads) return given(-1, STDOUT_FILENO, "standard output");
        return given(STDIN_FILENO, STDOUT_FILENO, "standard input and output");
      case Keyword::Id::standard_input:
        return given(STDIN_FILENO, -1, "standard input");
      case Keyword::Id::standard_output:
        return given(-1, STDOUT_FILENO, "standard output");
      case Keyword::Id::standard_error:
        return given(-1, STDERR_FILENO, "standard error");
      case Keyword::Id::descriptor:
        return descriptor();
      case Keyword::Id::open:
        return file(flags_by_options());
      case Keyword::Id::create:
        return file(O_WRONLY | O_CREAT | O_TRUNC);
      case Keyword::Id::gopen:
        return whatever_it_is(deadline);
      case Keyword::Id::unnamed_or_named_pipe:
        return path().empty() ? echo() : named_pipe(deadline);
      case Keyword::Id::socketpair:
        return socket_pair();
      case Keyword::Id::text:
        return text();
      case Keyword::Id::stall:
        return stall();
      default:
        throw std::logic_error{"not a file"};
    }
  }

  std::string path() const { return spec().parameters.empty() ? std::string{} : spec().parameters[0]; }

  bool is_to_be_new() const { return spec().has(Option::unlink) || spec().has(Option::unlink_early); }

  int descriptor_number() const {
    return static_cast<int>(parse_number(path(), "descriptor", 0, 2147483647));
  }

  void require_descriptor() const {
    if (::fcntl(descriptor_number(), F_GETFD) == -1)
      throw Error{errno, fmt::format("cannot use descriptor {}", path())};
  }

  // Descriptors that others may have, too.
  Channel given(int in, int out, std::string name) const {
    Channel channel;
    channel.side.in = in;
    channel.side.out = out;
    channel.side.name = std::move(name);
    const int fd = out != -1 ? out : in;
    if (is_socket(fd)) {
      if (socket_type(fd) != SOCK_STREAM) channel.side.units = RelaySide::Units::packets;
      channel.local = local_address(fd);
      channel.peer = peer_address(fd);
      channel.credentials = peer_credentials(fd);
      set_socket_options(fd, spec(), Phase::before_bind, context());
      set_socket_options(fd, spec(), Phase::connect, context());
    } else {
      channel.side.end = RelaySide::End::close;
      if (out != -1) channel.side.on_end = [out] { give_back(out); };
    }
    return channel;
  }

  Channel descriptor() const {
    const int fd = descriptor_number();
    const int flags = ::fcntl(fd, F_GETFL);
    return given(m_use.reads && is_for_reading(flags) ? fd : -1,
                 m_use.writes && is_for_writing(flags) ? fd : -1, fmt::format("descriptor {}", fd));
  }

  // What the options say, else for what it is used.
  int flags_by_options() const {
    int flags = m_use.reads && m_use.writes ? O_RDWR : m_use.reads ? O_RDONLY : O_WRONLY;
    if (spec().has(Option::rdonly)) flags = O_RDONLY;
    if (spec().has(Option::wronly)) flags = O_WRONLY;
    if (spec().has(Option::rdwr)) flags = O_RDWR;
    constexpr std::pair<Option::Id, int> others[] = {
        {Option::append, O_APPEND},     {Option::creat, O_CREAT},       {Option::excl, O_EXCL},
        {Option::nofollow, O_NOFOLLOW}, {Option::nonblock, O_NONBLOCK}, {Option::trunc, O_TRUNC}};
    for (const auto& [option, flag] : others)
      if (spec().has(option)) flags |= flag;
    return flags;
  }

  Channel file(int flags) const {
    const auto name = path();
    if (is_to_be_new() && ::unlink(name.c_str()) != 0 && errno != ENOENT)
      throw Error{errno, fmt::format("cannot remove {}", quote(name))};
    const auto mode = static_cast<mode_t>(spec().number(Option::mode).value_or(0666));
    FileDescriptor opened{::open(name.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode)};
    if (!opened.is_open()) throw Error{errno, fmt::format("cannot open {}", quote(name))};
    Channel channel;
    const int fd = channel.own(std::move(opened));
    channel.side.name = quote(name);
    channel.side.end = RelaySide::End::close;
    if (m_use.reads && is_for_reading(flags)) channel.side.in = fd;
    if (m_use.writes && is_for_writing(flags)) channel.side.out = fd;
    if (spec().has(Option::unlink_close)) {
      // The working directory will be another one.
      const auto directory = std::make_shared<FileDescriptor>(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      channel.clean_up = [directory, name] { ::unlinkat(directory->get(), name.c_str(), 0); };
    }
    return channel;
  }

  // A socket is connected to, a FIFO is a pipe, and what is written to a file comes to its end.
  std::optional<Channel> whatever_it_is(const Deadline& deadline) {
    struct stat status;
    const bool is_there = ::stat(path().c_str(), &status) == 0;
    if (is_there && S_ISSOCK(status.st_mode)) {
      m_as_client = AddressSpec{&keyword("unix-client"), spec().parameters, spec().options};
      return make_unix_opener(*m_as_client, m_use, context())->open(deadline);
    }
    if (is_there && S_ISFIFO(status.st_mode)) return named_pipe(deadline);
    int flags = flags_by_options();
    if (is_for_writing(flags) && !is_there) flags |= O_CREAT;
    if (is_for_writing(flags) && !spec().has(Option::trunc) && (!is_there || S_ISREG(status.st_mode)))
      flags |= O_APPEND;
    return file(flags);
  }

  // What is written is read again.
  Channel echo() const {
    cli::Pipe pipe;
    return loop(std::move(pipe.out), std::move(pipe.in), "a pipe");
  }

  Channel socket_pair() const {
    const auto type = static_cast<int>(spec().number(Option::socktype).value_or(SOCK_STREAM));
    cli::SocketPair pair{type};
    auto channel = loop(std::move(pair.first), std::move(pair.second), "a pair of sockets");
    if (type != SOCK_STREAM) channel.side.units = RelaySide::Units::packets;
    channel.side.exclusive = true;
    return channel;
  }

  // Read from one end of something, write to the other.
  static Channel loop(FileDescriptor for_reading, FileDescriptor for_writing, std::string name) {
    Channel channel;
    channel.side.name = std::move(name);
    channel.side.in = channel.own(std::move(for_reading));
    const auto out = std::make_shared<FileDescriptor>(std::move(for_writing));
    channel.side.out = out->get();
    channel.side.end = RelaySide::End::close;
    channel.side.on_end = [out] { out->reset(); };
    return channel;
  }

  std::optional<Channel> named_pipe(const Deadline& deadline) const {
    auto fifo = Fifo::open_if_exists(path(), Trust::self_and_root);
    if (fifo && is_to_be_new()) {
      fifo->remove_if_same();
      fifo.reset();
    }
    const bool is_new = !fifo;
    if (is_new) fifo = Fifo::create(path(), static_cast<mode_t>(spec().number(Option::mode).value_or(0600)));
    if (!fifo) throw Error{EEXIST, fmt::format("cannot create FIFO {}", quote(path()))};
    const auto shared = std::make_shared<Fifo>(std::move(*fifo));
    Channel channel;
    if (spec().flag(Option::unlink_close).value_or(is_new))
      channel.clean_up = [shared] { shared->remove_if_same(); };
    channel.side.name = fmt::format("FIFO {}", quote(path()));
    channel.side.end = RelaySide::End::close;
    if (m_use.reads) {
      channel.side.in = channel.own(shared->open_reader());
      // Before the first writer, there would be an end without a beginning.
      if (!m_use.writes && !poll_until(channel.side.in, POLLIN, deadline)) return give_up(channel);
    }
    if (m_use.writes) {
      auto writer = shared->open_writer(deadline);
      if (!writer) return give_up(channel);
      const auto out = std::make_shared<FileDescriptor>(std::move(*writer));
      channel.side.out = out->get();
      channel.side.on_end = [out] { out->reset(); };
    }
    return channel;
  }

  static std::nullopt_t give_up(const Channel& channel) {
    if (channel.clean_up) channel.clean_up();
    return std::nullopt;
  }

  Channel text() const {
    Channel channel;
    channel.side.name = "a text";
    channel.side.before = {path()};
    if (m_use.writes)
      channel.side.out = channel.own(FileDescriptor{::open("/dev/null", O_WRONLY | O_CLOEXEC)});
    channel.side.end = RelaySide::End::nothing;
    return channel;
  }

  // A socket that nobody writes to at its other end, nor reads what fills it.
  static Channel stall() {
    auto [socket, silent] = cli::SocketPair{SOCK_STREAM};
    const std::array<char, 65536> filling{};
    while (::send(socket.get(), filling.data(), filling.size(), MSG_DONTWAIT) > 0) continue;
    Channel channel;
    channel.own(std::move(silent));
    channel.side.in = channel.side.out = channel.own(std::move(socket));
    channel.side.name = "a stall";
    channel.side.end = RelaySide::End::nothing;
    return channel;
  }

  // The options that count for each descriptor.
  void set_up_descriptors(const Channel& channel) const {
    for (const int fd : {channel.side.in, channel.side.out}) {
      if (fd == -1) continue;
      struct stat status;
      const bool is_pipe = ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
      if (const auto size = spec().number(Option::f_setpipe_sz); size && is_pipe)
        set_pipe_capacity(fd, *size, channel.side.name);
      if (const auto owner = ownership_in(spec()); owner && ::fchown(fd, owner->user, owner->group) != 0)
        throw Error{errno, fmt::format("cannot change the owner of {}", channel.side.name)};
      if (const auto mode = spec().number(Option::mode);
          mode && ::fchmod(fd, static_cast<mode_t>(*mode)) != 0)
        throw Error{errno, fmt::format("cannot change the mode of {}", channel.side.name)};
    }
  }

  Use m_use;
  std::optional<AddressSpec> m_as_client;
};

}  // namespace

std::unique_ptr<Opener> make_file_opener(const AddressSpec& spec, Use use, const Context& context) {
  return std::make_unique<FileOpener>(spec, use, context);
}

}  // namespace ipcutils::sockcat
