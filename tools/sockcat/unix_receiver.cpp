#include "unix_receiver.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <ipcutils/quote.hpp>

#include "ownership.hpp"
#include "socket_settings.hpp"

namespace ipcutils::sockcat {

namespace {

void remove_first(const std::string& path) {
  if (const auto old = SocketFile::open_if_exists(path)) old->remove_if_same();
}

}  // namespace

bool is_abstract(const AddressSpec& spec) { return spec.keyword->family == Family::abstract; }

std::string name_of(const AddressSpec& spec) {
  const auto& name = spec.parameters.at(0);
  return is_abstract(spec) ? SocketAddress::abstract(name).text() : name;
}

SharedFile bind_to_file(int socket, const std::string& path, const AddressSpec& spec,
                        const Settings& settings) {
  constexpr mode_t of_all = 0666;
  const auto mask = spec.number(Option::umask);
  const mode_t usual = mask                                 ? 0777 & ~static_cast<mode_t>(*mask)
                       : settings.allowed_peers.are_named() ? of_all
                                                            : 0600;
  const auto mode = spec.number(Option::mode).value_or(usual);
  auto file = std::make_shared<const SocketFile>(SocketFile::bind(socket, path, static_cast<mode_t>(mode)));
  try {
    if (const auto owner = ownership_in(spec)) file->set_owner(owner->user, owner->group);
  } catch (const Error&) {
    file->remove_if_same();
    throw;
  }
  return file;
}

std::vector<NameGuard> guards_of(const SharedFile& file, const AddressSpec& spec, Log& log) {
  std::vector<NameGuard> guards;
  if (file && spec.flag(Option::unlink_close).value_or(true))
    guards.emplace_back([file] { file->remove_if_same(); }, log);
  return guards;
}

FileDescriptor UnixReceiver::bind(int type) {
  const auto& where = spec().parameters.at(0);
  auto options = socket_options(spec(), type, context());
  if (is_abstract(spec())) {
    options.bind = SocketAddress::abstract(where);
    return open_socket(AF_UNIX, options);
  }
  if (spec().has(Option::unlink_early) || spec().has(Option::unlink)) remove_first(where);
  options.after_bind = nullptr;
  auto socket = open_socket(AF_UNIX, options);
  m_names = guards_of(bind_to_file(socket.get(), where, spec(), context().settings), spec(), log());
  return socket;
}

std::string UnixReceiver::name() const { return fmt::format("UNIX {}", quote(name_of(spec()))); }

}  // namespace ipcutils::sockcat
