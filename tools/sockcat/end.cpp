#include "end.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <ipcutils/quote.hpp>
#include <iterator>
#include <stdexcept>

namespace ipcutils::sockcat {

namespace {

// How long a peer that cannot be told of an end may go on without a word.
constexpr std::chrono::milliseconds usual_timeout{500};

// The directory, the umask and the PATH of an address, while it is opened.
class AddressScope {
 public:
  explicit AddressScope(const AddressSpec& spec) {
    if (const auto directory = spec.text(Option::chdir)) {
      m_old_directory.reset(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (::chdir(directory->c_str()) != 0)
        throw Error{errno, fmt::format("cannot change to directory {}", quote(*directory))};
    }
    if (const auto mask = spec.number(Option::umask)) m_old_mask = ::umask(static_cast<mode_t>(*mask));
    if (const auto path = spec.text(Option::path)) {
      m_has_path = true;
      if (const char* const old = std::getenv("PATH")) m_old_path = old;
      ::setenv("PATH", path->c_str(), 1);
    }
  }
  AddressScope(const AddressScope&) = delete;
  AddressScope& operator=(const AddressScope&) = delete;
  ~AddressScope() {
    [[maybe_unused]] const int status = m_old_directory.is_open() ? ::fchdir(m_old_directory.get()) : 0;
    if (m_old_mask) ::umask(*m_old_mask);
    if (m_has_path && m_old_path) ::setenv("PATH", m_old_path->c_str(), 1);
    if (m_has_path && !m_old_path) ::unsetenv("PATH");
  }

 private:
  FileDescriptor m_old_directory;
  std::optional<mode_t> m_old_mask;
  bool m_has_path = false;
  std::optional<std::string> m_old_path;  // nothing: it was not set
};

using Make = std::unique_ptr<Opener> (*)(const AddressSpec&, Use, const Context&);

Make maker_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::given:
      return make_given_opener;
    case Mechanism::file:
      return make_file_opener;
    case Mechanism::fifo:
      return make_fifo_opener;
    case Mechanism::loop:
      return make_loop_opener;
    case Mechanism::process:
      return make_process_opener;
    case Mechanism::internet:
      return make_internet_opener;
    case Mechanism::udp:
      return make_udp_opener;
    case Mechanism::unix_socket:
      return make_unix_opener;
  }
  throw std::logic_error{"a mechanism without openers"};
}

std::unique_ptr<Opener> make_opener(const AddressSpec& spec, Use use, const Context& context) {
  const AddressScope scope{spec};
  return maker_of(spec.keyword->mechanism)(spec, use, context);
}

LineEnd line_end_of(const AddressSpec& spec) {
  if (spec.has(Option::crnl)) return LineEnd::crnl;
  return spec.has(Option::cr) ? LineEnd::cr : LineEnd::newline;
}

void set_up_reading(Channel& channel, const AddressSpec& spec, Use use, const Settings& settings) {
  channel.read_lines = line_end_of(spec);
  auto& [source, sink, name, half_close_timeout, gone_timeout] = channel.side;
  // A peer that was not told of the end does not know that it is time for its own.
  using enum Sink::End;
  const bool is_terminal = source && source->medium() == Medium::terminal;
  const bool is_told =
      sink ? sink->end() != nothing && sink->end() != packet : source && source->medium() != Medium::packets;
  half_close_timeout =
      settings.half_close_timeout.value_or(is_told && !is_terminal ? unlimited : Duration{usual_timeout});
  if (!source) return;
  // For a destination that has gone, only the source can tell whether anything is lost: by its end, or by one
  // byte more. One way waits for that; both ways are over when the peer has closed both.
  const bool is_awaited = !use.writes || !channel.processes.empty();
  gone_timeout = settings.half_close_timeout.value_or(is_awaited ? unlimited : Duration{usual_timeout});
  Source::Rules rules{.length = spec.number(Option::readbytes).value_or(until_end),
                      .follows = spec.has(Option::ignoreeof),
                      .empty_packet_ends = spec.has(Option::null_eof)};
  if (const auto escape = spec.number(Option::escape)) rules.escape = static_cast<char>(*escape);
  source->set_rules(rules);
}

void set_up_writing(Channel& channel, const AddressSpec& spec) {
  channel.written_lines = line_end_of(spec);
  auto* const sink = channel.side.sink.get();
  if (sink == nullptr) return;
  using enum Sink::End;
  if (spec.has(Option::end_close) || spec.has(Option::shut_close)) sink->set_end(close);
  if (spec.has(Option::shut_none)) sink->set_end(nothing);
  if (spec.has(Option::shut_null)) sink->set_end(packet);
  if (spec.has(Option::shut_down)) sink->set_end(shut_down);
}

std::optional<Channel> open_by(Opener& opener, const Deadline& deadline) {
  const AddressScope scope{opener.spec()};
  return opener.open(deadline);
}

template <typename Item>
void move_all(std::vector<Item>& from, std::vector<Item>& to) {
  std::ranges::move(from, std::back_inserter(to));
}

// What is read comes from the one, what is written goes to the other.
Channel joined(Channel reading, Channel writing) {
  reading.side.sink = std::move(writing.side.sink);
  reading.side.name = fmt::format("{} and {}", reading.side.name, writing.side.name);
  reading.written_lines = writing.written_lines;
  move_all(writing.kept, reading.kept);
  move_all(writing.names, reading.names);
  move_all(writing.processes, reading.processes);
  return reading;
}

// Of "pipe:F!!pipe:F".
bool are_one_fifo(const AddressSpec& read, const AddressSpec& write) {
  using enum Keyword::Id;
  const auto may_be_fifo = [](const AddressSpec& spec) {
    return (spec.keyword->id == unnamed_or_named_pipe || spec.keyword->id == gopen) &&
           !spec.parameters.empty();
  };
  const auto path_of = [](const AddressSpec& spec) {
    const std::filesystem::path directory{spec.text(Option::chdir).value_or("")};
    return std::filesystem::weakly_canonical(std::filesystem::absolute(directory / spec.parameters.at(0)));
  };
  return may_be_fifo(read) && may_be_fifo(write) && path_of(read) == path_of(write);
}

}  // namespace

End::End(const EndSpec& spec, Use use, const Context& context) : m_use{use}, m_context{context} {
  const bool is_double = spec.write.has_value();
  m_read = make_opener(
      spec.read, {use.reads, use.writes && !is_double, is_double && are_one_fifo(spec.read, *spec.write)},
      context);
  if (is_double) m_write = make_opener(*spec.write, {false, use.writes}, context);
}

End End::of_command(Use use, const Context& context) {
  return {make_command_opener(context, use), use, context};
}

std::optional<Channel> End::open(const Deadline& deadline) {
  m_awaits_write = false;
  auto channel = open_by(*m_read, deadline);
  if (!channel) return std::nullopt;
  set_up_writing(*channel, m_read->spec());
  if (m_write) {
    m_awaits_write = true;
    auto other = open_by(*m_write, m_context.or_signal(Deadline::after(m_write->patience())));
    if (!other) return std::nullopt;
    set_up_writing(*other, m_write->spec());
    channel = joined(std::move(*channel), std::move(*other));
  }
  set_up_reading(*channel, m_read->spec(), m_use, m_context.settings);
  if (!m_use.reads) channel->side.source.reset();
  if (!m_use.writes) channel->side.sink.reset();
  return channel;
}

std::vector<const Acceptor*> End::acceptors() const {
  std::vector<const Acceptor*> acceptors;
  for (const auto* opener : {&m_read, &m_write})
    if (*opener && (*opener)->acceptor() != nullptr) acceptors.push_back((*opener)->acceptor());
  return acceptors;
}

void End::remove_listening_names() {
  m_read->remove_listening_names();
  if (m_write) m_write->remove_listening_names();
}

void End::take_over(Channel& other) {
  const AddressScope scope{spec()};
  m_read->take_over(other);
}

}  // namespace ipcutils::sockcat
