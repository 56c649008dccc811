#include "end.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ipcutils/quote.hpp>
#include <iterator>
#include <stdexcept>

namespace ipcutils::sockcat {

namespace {

// Where the other side cannot be told of an end, its answer is not awaited without limit.
constexpr std::chrono::milliseconds usual_linger{500};

// The directory and the umask of an address, while it is opened.
class Surroundings {
 public:
  explicit Surroundings(const AddressSpec& spec) {
    if (const auto directory = spec.text(Option::chdir)) {
      m_old_directory.reset(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (::chdir(directory->c_str()) != 0)
        throw Error{errno, fmt::format("cannot change to directory {}", quote(*directory))};
    }
    if (const auto mask = spec.number(Option::umask)) m_old_mask = ::umask(static_cast<mode_t>(*mask));
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  ~Surroundings() {
    [[maybe_unused]] const int status = m_old_directory.is_open() ? ::fchdir(m_old_directory.get()) : 0;
    if (m_old_mask) ::umask(*m_old_mask);
  }

 private:
  FileDescriptor m_old_directory;
  std::optional<mode_t> m_old_mask;
};

using Make = std::unique_ptr<Opener> (*)(const AddressSpec&, Use, const Context&);

Make maker_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::file:
      return make_file_opener;
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
  const Surroundings surroundings{spec};
  return maker_of(spec.keyword->mechanism)(spec, use, context);
}

LineEnd line_end_of(const AddressSpec& spec) {
  if (spec.has(Option::crnl)) return LineEnd::crnl;
  return spec.has(Option::cr) ? LineEnd::cr : LineEnd::newline;
}

void set_up_reading(Channel& channel, const AddressSpec& spec, const Settings& settings) {
  auto& side = channel.side;
  side.length = spec.number(Option::readbytes).value_or(until_end);
  if (const auto escape = spec.number(Option::escape)) side.escape = static_cast<char>(*escape);
  side.ignores_end = spec.has(Option::ignoreeof);
  side.empty_packet_ends = spec.has(Option::null_eof);
  channel.read_lines = line_end_of(spec);
  const bool can_be_told = side.end != RelaySide::End::nothing && side.end != RelaySide::End::packet &&
                           !(side.in != -1 && ::isatty(side.in));
  side.linger = settings.half_close_timeout.value_or(can_be_told ? unlimited : Duration{usual_linger});
}

void set_up_writing(Channel& channel, const AddressSpec& spec) {
  using enum RelaySide::End;
  auto& side = channel.side;
  // A descriptor that is read as well is closed at the end of all.
  if (spec.has(Option::end_close) || spec.has(Option::shut_close)) side.end = side.on_end ? close : nothing;
  if (spec.has(Option::shut_none)) {
    side.end = nothing;
    // What it would close stays open.
    side.on_end = [kept = side.on_end] {};
  }
  if (spec.has(Option::shut_null)) side.end = packet;
  if (spec.has(Option::shut_down)) side.end = shut_down;
  channel.written_lines = line_end_of(spec);
}

std::optional<Channel> open_by(Opener& opener, const Deadline& deadline) {
  const Surroundings surroundings{opener.spec()};
  return opener.open(deadline);
}

// What is read comes from the one, what is written goes to the other.
Channel joined(Channel reading, Channel writing) {
  reading.side.out = writing.side.out;
  reading.side.end = writing.side.end;
  reading.side.on_end = writing.side.on_end;
  reading.side.to = writing.side.to;
  reading.side.name = fmt::format("{} and {}", reading.side.name, writing.side.name);
  reading.written_lines = writing.written_lines;
  std::ranges::move(writing.descriptors, std::back_inserter(reading.descriptors));
  if (!reading.process) reading.process = std::move(writing.process);
  reading.clean_up = [first = reading.clean_up, second = writing.clean_up] {
    if (first) first();
    if (second) second();
  };
  return reading;
}

}  // namespace

End::End(const EndSpec& spec, Use use, const Context& context) : m_use{use}, m_context{context} {
  const bool is_double = spec.write.has_value();
  m_read = make_opener(spec.read, {use.reads, use.writes && !is_double}, context);
  if (is_double) m_write = make_opener(*spec.write, {false, use.writes}, context);
}

End End::of_command(Use use, const Context& context) {
  return {make_command_opener(context, use), use, context};
}

std::optional<Channel> End::open(const Deadline& deadline) {
  auto channel = open_by(*m_read, deadline);
  if (!channel) return std::nullopt;
  set_up_writing(*channel, m_read->spec());
  if (m_write) {
    auto other = open_by(*m_write, deadline);
    if (!other) return std::nullopt;
    set_up_writing(*other, m_write->spec());
    channel = joined(std::move(*channel), std::move(*other));
  }
  set_up_reading(*channel, m_read->spec(), m_context.settings);
  if (!m_use.reads) {
    channel->side.in = -1;
    channel->side.before.clear();
  }
  if (!m_use.writes) channel->side.out = -1;
  return channel;
}

std::optional<SocketAddress> End::listens_at() const {
  if (const auto address = m_read->listens_at()) return address;
  return m_write ? m_write->listens_at() : std::nullopt;
}

}  // namespace ipcutils::sockcat
