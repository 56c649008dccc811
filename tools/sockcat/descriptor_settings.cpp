#include "descriptor_settings.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/fifo.hpp>

#include "ownership.hpp"

namespace ipcutils::sockcat {

namespace {

void set_up(int fd, Medium medium, const std::string& name, const AddressSpec& spec) {
  if (const auto size = spec.number(Option::f_setpipe_sz); size && medium == Medium::pipe)
    set_pipe_capacity(fd, *size, name);
  if (const auto owner = ownership_in(spec); owner && ::fchown(fd, owner->user, owner->group) != 0)
    throw Error{errno, fmt::format("cannot change the owner of {}", name)};
  if (const auto mode = spec.number(Option::mode); mode && ::fchmod(fd, static_cast<mode_t>(*mode)) != 0)
    throw Error{errno, fmt::format("cannot change the mode of {}", name)};
}

}  // namespace

void set_descriptor_options(const Channel& channel, const AddressSpec& spec) {
  const auto& side = channel.side;
  if (side.source && side.source->descriptor().is_open())
    set_up(side.source->fd(), side.source->medium(), side.name, spec);
  if (side.sink && side.sink->descriptor().is_open())
    set_up(side.sink->fd(), side.sink->medium(), side.name, spec);
}

}  // namespace ipcutils::sockcat
