// Files, and whatever else has a path.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/output_file.hpp>
#include <ipcutils/quote.hpp>

#include "descriptor_settings.hpp"
#include "opener.hpp"

namespace ipcutils::sockcat {

namespace {

bool is_for_reading(int flags) { return (flags & O_ACCMODE) != O_WRONLY; }
bool is_for_writing(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

// open, create, gopen
class FileOpener final : public Opener {
 public:
  FileOpener(const AddressSpec& spec, Use use, const Context& context) : Opener{spec, context}, m_use{use} {}

  std::optional<Channel> open(const Deadline& deadline) override {
    using enum Keyword::Id;
    if (spec().keyword->id == gopen) return whatever_it_is(deadline);
    const int append = spec().has(Option::append) ? O_APPEND : 0;
    return file(spec().keyword->id == create ? O_WRONLY | O_CREAT | O_TRUNC | append : flags_by_options());
  }

  std::string timeout_message() const override { return fmt::format("{} had no other side", quote(path())); }

 private:
  const std::string& path() const { return spec().parameters.at(0); }

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

  FileDescriptor open_file(int flags) const {
    const auto mode = static_cast<mode_t>(spec().number(Option::mode).value_or(0666));
    if (is_for_writing(flags)) return open_for_writing(path(), flags | O_NOCTTY, mode);
    return open_for_reading(path(), flags | O_NOCTTY, mode);
  }

  Channel file(int flags) const {
    const bool is_to_be_new = spec().has(Option::unlink) || spec().has(Option::unlink_early);
    if (is_to_be_new && ::unlink(path().c_str()) != 0 && errno != ENOENT)
      throw Error{errno, fmt::format("cannot remove {}", quote(path()))};
    auto opened = open_file(flags);
    Channel channel;
    if (spec().has(Option::unlink_close)) {
      const auto name = RemovableName::of(path(), opened.get());
      channel.names.emplace_back([name] { name.remove_if_same(); }, log());
    }
    const auto medium = medium_of(opened.get());
    const auto descriptor = Descriptor::owned(std::move(opened));
    channel.side.name = quote(path());
    if (m_use.reads && is_for_reading(flags))
      channel.side.source = byte_source(descriptor, medium, channel.side.name);
    if (m_use.writes && is_for_writing(flags))
      channel.side.sink = byte_sink(descriptor, medium, channel.side.name);
    set_descriptor_options(channel, spec());
    return channel;
  }

  // A socket is connected to, a FIFO is a pipe, and what is written to a file comes to its end.
  std::optional<Channel> whatever_it_is(const Deadline& deadline) {
    struct stat status;
    const bool exists = ::stat(path().c_str(), &status) == 0;
    if (exists && S_ISSOCK(status.st_mode)) {
      m_as_client = AddressSpec{&keyword("unix-client"), spec().parameters, spec().options};
      return make_unix_opener(*m_as_client, m_use, context())->open(deadline);
    }
    if (exists && S_ISFIFO(status.st_mode)) return make_fifo_opener(spec(), m_use, context())->open(deadline);
    int flags = flags_by_options();
    if (is_for_writing(flags) && !exists) flags |= O_CREAT;
    if (is_for_writing(flags) && !spec().has(Option::trunc) && (!exists || S_ISREG(status.st_mode)))
      flags |= O_APPEND;
    return file(flags);
  }

  Use m_use;
  std::optional<AddressSpec> m_as_client;
};

}  // namespace

std::unique_ptr<Opener> make_file_opener(const AddressSpec& spec, Use use, const Context& context) {
  return std::make_unique<FileOpener>(spec, use, context);
}

}  // namespace ipcutils::sockcat
