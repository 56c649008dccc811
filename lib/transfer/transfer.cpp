#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ipcutils/transfer.hpp>

#include "../core/failure.hpp"

namespace ipcutils {

namespace {

std::unique_ptr<Source> source_of(const Endpoint& end) {
  return byte_source(Descriptor::borrowed(end.fd), medium_of(end.fd), end.name);
}

std::unique_ptr<Sink> sink_of(const Endpoint& end) {
  auto sink = byte_sink(Descriptor::borrowed(end.fd), medium_of(end.fd), end.name);
  sink->set_end(Sink::End::nothing);  // it stays the caller's
  return sink;
}

std::uint64_t pump_all(Source& from, Sink& to, std::uint64_t length, const TransferOptions& options) {
  from.set_rules({.length = length});
  Pump pump{&from, &to, {.pages = options.pages}};
  if (pump.run(options.deadline, options.progress) == Pump::Stop::sink_gone)
    fail(pump.count().errnum, "cannot write {}", to.name());
  return pump.count().bytes;
}

}  // namespace

std::uint64_t transfer(const Endpoint& from, const Endpoint& to, const TransferOptions& options) {
  return pump_all(*source_of(from), *sink_of(to), options.length, options);
}

std::uint64_t transfer(std::span<const std::byte> from, const Endpoint& to, const TransferOptions& options) {
  const auto length = std::min<std::uint64_t>(options.length, from.size());
  return pump_all(*memory_source(from), *sink_of(to), length, options);
}

std::uint64_t transfer(const Endpoint& from, std::span<std::byte> to, const TransferOptions& options) {
  const auto length = std::min<std::uint64_t>(options.length, to.size());
  return pump_all(*source_of(from), *memory_sink(to), length, options);
}

std::optional<std::uint64_t> known_length(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return std::nullopt;
  const off_t position = ::lseek(fd, 0, SEEK_CUR);
  if (position == -1) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<off_t>(status.st_size - position, 0));
}

}  // namespace ipcutils
