#include <ipcutils/socket_file.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "processes.hpp"
#include "socket/liveness.hpp"
#include "socket/sockets.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

namespace {

struct ScratchPath {
  TemporaryDirectory directory;
  std::string path = directory.path("socket");
};

struct stat status_of(const std::string& path) {
  struct stat status;
  require_call(::lstat(path.c_str(), &status), "lstat");
  return status;
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

std::size_t entries(const TemporaryDirectory& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{directory.path()}, {}));
}

std::errc code_of(const Error& error) { return static_cast<std::errc>(error.code().value()); }

Error listen_error(const std::string& path) {
  return error_of([&] { listen_on_path(path, 5); });
}

void make_sticky(const TemporaryDirectory& directory) {
  require_call(::chmod(directory.path().c_str(), 01777), "chmod");
}

}  // namespace

TEST_CASE("socket file: who listens at a path is found there, and the file goes at the end") {
  const int type = GENERATE(SOCK_STREAM, SOCK_SEQPACKET);
  const ScratchPath scratch;
  auto server = listen_on_path(scratch.path, 5, 0600, {.type = type});
  CHECK(server.listener.local_address().path() == scratch.path);
  CHECK(server.file.path() == scratch.path);
  CHECK(server.file.owner() == ::geteuid());
  CHECK(entries(scratch.directory) == 1);  // no lock
  const auto client = connect_to_path(scratch.path, {.type = type}, Deadline::never());
  REQUIRE(client);
  CHECK(server.listener.accept(Deadline::never()));
  CHECK(connect_to(SocketAddress::of_path(scratch.path), {.type = type}, Deadline::never()));
  CHECK(peer_address(client->get()).path() == scratch.path);
  CHECK(server.file.remove_if_same());
  CHECK_FALSE(server.file.remove_if_same());
  CHECK(entries(scratch.directory) == 0);
}

TEST_CASE("socket file: it has the mode that was asked for, whatever the umask") {
  const ScratchPath scratch;
  const mode_t mask = GENERATE(as<mode_t>{}, 0, 022, 077, 0777);
  const mode_t mode = GENERATE(as<mode_t>{}, 0600, 0660, 0777, 0);
  CAPTURE(mask, mode);
  const Umask umask{mask};
  const auto server = listen_on_path(scratch.path, 5, mode);
  CHECK(status_of(scratch.path).st_mode == (S_IFSOCK | mode));
  CHECK(server.file.mode() == mode);
}

TEST_CASE("socket file: the mode is 600 unless told otherwise") {
  const ScratchPath scratch;
  const Umask umask{0};
  const auto server = listen_on_path(scratch.path, 5);
  CHECK(server.file.mode() == 0600);
}

TEST_CASE("socket file: it can be given away, by root alone") {
  const ScratchPath scratch;
  const auto server = listen_on_path(scratch.path, 5);
  server.file.set_owner(static_cast<uid_t>(-1), ::getegid());
  CHECK(server.file.owner() == ::geteuid());
  std::filesystem::rename(scratch.path, scratch.directory.path("moved"));
  if (::geteuid() == 0) {
    server.file.set_owner(other_user(), static_cast<gid_t>(-1));
    CHECK(status_of(scratch.directory.path("moved")).st_uid == other_user());
  } else {
    const auto error = error_of([&] { server.file.set_owner(other_user(), static_cast<gid_t>(-1)); });
    CHECK(error.what() ==
          "cannot change the owner of socket '" + scratch.path + "': Operation not permitted");
  }
}

TEST_CASE("socket file: nobody at the path is an error of connecting, and none of opening") {
  const ScratchPath scratch;
  CHECK_FALSE(SocketFile::open_if_exists(scratch.path));
  CHECK_FALSE(SocketFile::open_if_exists(scratch.directory.path("missing/x")));
  const auto missing = error_of([&] { connect_to_path(scratch.path, {}, Deadline::never()); });
  CHECK(missing.what() == "cannot connect to '" + scratch.path + "': No such file or directory");
  make_stale_socket(scratch.path);
  const auto stale = error_of([&] { connect_to_path(scratch.path, {}, Deadline::never()); });
  CHECK(stale.what() == "cannot connect to '" + scratch.path + "': Connection refused");
  CHECK(code_of(listen_error(scratch.directory.path("missing/x"))) == std::errc::no_such_file_or_directory);
  CHECK(code_of(listen_error(scratch.directory.path() + "/")) == std::errc::is_a_directory);
  CHECK(code_of(listen_error(scratch.directory.path(".."))) == std::errc::is_a_directory);
  CHECK(code_of(listen_error("")) == std::errc::no_such_file_or_directory);
}

TEST_CASE("socket file: a live socket stays, and its only accept is not used up") {
  const ScratchPath scratch;
  const int type = GENERATE(SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM);
  const bool listens = GENERATE(true, false);
  const auto socket = open_socket(AF_UNIX, {.type = type, .bind = SocketAddress::of_path(scratch.path)});
  if (listens && type != SOCK_DGRAM) require_call(::listen(socket.get(), 0), "listen");
  const auto inode = status_of(scratch.path).st_ino;
  CHECK(SocketFile::open_if_exists(scratch.path)->is_live());
  const auto error = listen_error(scratch.path);
  CHECK(error.what() == "cannot create socket '" + scratch.path + "': Address already in use");
  CHECK(status_of(scratch.path).st_ino == inode);
  CHECK(entries(scratch.directory) == 1);
  pollfd entry{socket.get(), POLLIN, 0};
  CHECK((::poll(&entry, 1, 0) == 0 || (entry.revents & POLLIN) == 0));
}

TEST_CASE("socket file: both ways to ask for life agree") {
  const ScratchPath scratch;
  const int type = GENERATE(SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM);
  auto socket = open_socket(AF_UNIX, {.type = type, .bind = SocketAddress::of_path(scratch.path)});
  const auto file = SocketFile::open_if_exists(scratch.path).value();
  const auto status = status_of(scratch.path);
  const auto listed = listed_liveness(status.st_dev, status.st_ino);
  CHECK((listed == Liveness::live || listed == Liveness::unknown));
  CHECK(probed_liveness(file.address()) == Liveness::live);
  socket.reset();
  CHECK(listed_liveness(status.st_dev, status.st_ino) != Liveness::live);
  CHECK(probed_liveness(file.address()) == Liveness::dead);
}

TEST_CASE("socket file: a list of sockets that takes several parts is read to its end") {
  const TemporaryDirectory directory;
  std::vector<FileDescriptor> sockets;
  for (int i = 0; i < 400; ++i)
    sockets.push_back(open_socket(
        AF_UNIX,
        {.bind = SocketAddress::of_path(directory.path("a-name-of-some-length-" + std::to_string(i)))}));
  int live = 0, unknown = 0;
  for (int i = 0; i < 400; i += 7) {
    const auto status = status_of(directory.path("a-name-of-some-length-" + std::to_string(i)));
    const auto answer = listed_liveness(status.st_dev, status.st_ino);
    live += answer == Liveness::live;
    unknown += answer == Liveness::unknown;
  }
  CHECK((live == 58 || unknown == 58));
}

TEST_CASE("socket file: one that may not be used is found alive all the same") {
  if (::geteuid() == 0) return;  // who may use all
  const ScratchPath scratch;
  const auto server = listen_on_path(scratch.path, 5, 0);
  const auto status = status_of(scratch.path);
  if (listed_liveness(status.st_dev, status.st_ino) == Liveness::unknown) return;
  CHECK(server.file.is_live());
}

TEST_CASE("socket file: what nobody can tell about stays") {
  if (::geteuid() == 0) return;
  const ScratchPath scratch;
  make_stale_socket(scratch.path);
  require_call(::chmod(scratch.path.c_str(), 0), "chmod");
  const auto error = listen_error(scratch.path);
  CHECK(code_of(error) == std::errc::permission_denied);
  CHECK_FALSE(error.hint().empty());
  CHECK(exists(scratch.path));
  CHECK(entries(scratch.directory) == 1);
}

TEST_CASE("socket file: a stale socket is replaced") {
  const ScratchPath scratch;
  make_stale_socket(scratch.path);
  const auto old = SocketFile::open_if_exists(scratch.path).value();
  CHECK_FALSE(old.is_live());
  auto server = listen_on_path(scratch.path, 5);
  CHECK(connect_to_path(scratch.path, {}, Deadline::never()));
  CHECK(entries(scratch.directory) == 1);
  CHECK_FALSE(old.remove_if_same());
  CHECK(exists(scratch.path));
}

TEST_CASE("socket file: a server that was killed leaves a stale socket") {
  const ScratchPath scratch;
  ChildProcess child{[&] {
    const auto server = listen_on_path(scratch.path, 5);
    ::kill(::getpid(), SIGKILL);
    return 0;
  }};
  child.wait();
  REQUIRE(exists(scratch.path));
  CHECK_NOTHROW(listen_on_path(scratch.path, 5));
}

TEST_CASE("socket file: a socket in another network namespace is alive") {
  const ScratchPath scratch;
  const auto ready = make_pipe();
  auto end = make_pipe();
  ChildProcess child{[&] {
    ::alarm(20);
    end.write_end.reset();
    std::optional<PathListener> server;
    if (::unshare(CLONE_NEWNET) == 0) server.emplace(listen_on_path(scratch.path, 5));
    write_all(ready.write_end.get(), server ? "y" : "n");
    read_all(end.read_end.get());
    return 0;
  }};
  char answer = 0;
  REQUIRE(::read(ready.read_end.get(), &answer, 1) == 1);
  if (answer == 'y') {  // an ordinary user may not make one
    const auto status = status_of(scratch.path);
    CHECK(listed_liveness(status.st_dev, status.st_ino) != Liveness::live);
    CHECK(SocketFile::open_if_exists(scratch.path)->is_live());
    CHECK(code_of(listen_error(scratch.path)) == std::errc::address_in_use);
  }
  end.write_end.reset();
  CHECK(child.wait() == 0);
}

TEST_CASE("socket file: what is no socket is never removed") {
  const ScratchPath scratch;
  const auto& path = scratch.path;
  std::string reason;
  SECTION("a file") {
    write_file(path, "text");
    reason = "a regular file";
  }
  SECTION("a directory") {
    require_call(::mkdir(path.c_str(), 0700), "mkdir");
    reason = "a directory";
  }
  SECTION("a FIFO") {
    require_call(::mkfifo(path.c_str(), 0600), "mkfifo");
    reason = "a FIFO";
  }
  SECTION("a link to a stale socket") {
    make_stale_socket(scratch.directory.path("other"));
    require_call(::symlink("other", path.c_str()), "symlink");
    reason = "a symbolic link";
  }
  SECTION("a link that leads nowhere") {
    require_call(::symlink("other", path.c_str()), "symlink");
    reason = "a symbolic link";
  }
  const auto before = status_of(path);
  const auto count = entries(scratch.directory);
  const auto error = listen_error(path);
  CHECK(code_of(error) == std::errc::address_in_use);
  CHECK(error.reason() == reason + " has that name");
  CHECK(status_of(path).st_ino == before.st_ino);
  CHECK(entries(scratch.directory) == count);
}

TEST_CASE("socket file: what is no socket cannot be opened") {
  const ScratchPath scratch;
  write_file(scratch.path, "text");
  const auto error = error_of([&] { connect_to_path(scratch.path, {}, Deadline::never()); });
  CHECK(error.what() == "cannot open socket '" + scratch.path + "': it is a regular file");
  CHECK(code_of(error) == std::errc::not_a_socket);
}

TEST_CASE("socket file: links are followed, but not in a sticky directory") {
  const ScratchPath scratch;
  const auto server = listen_on_path(scratch.path, 5);
  const auto link = scratch.directory.path("link");
  require_call(::symlink("socket", link.c_str()), "symlink");
  CHECK(connect_to_path(link, {}, Deadline::never()));
  make_sticky(scratch.directory);
  CHECK(connect_to_path(scratch.path, {}, Deadline::never()));
  const auto error = error_of([&] { connect_to_path(link, {}, Deadline::never()); });
  CHECK(code_of(error) == std::errc::too_many_symbolic_link_levels);
  CHECK(error.hint() == "a symbolic link is not followed in a sticky directory");
  CHECK(error_of([&] { connect_to(SocketAddress::of_path(link), {}, Deadline::never()); }).attempt() ==
        "cannot open socket '" + link + "'");
  CHECK(code_of(listen_error(link)) == std::errc::address_in_use);
}

TEST_CASE("socket file: removed is what it is, and nothing else that has its name") {
  const ScratchPath scratch;
  const auto server = listen_on_path(scratch.path, 5);
  require_call(::rename(scratch.path.c_str(), scratch.directory.path("moved").c_str()), "rename");
  CHECK_FALSE(server.file.remove_if_same());
  const auto other = listen_on_path(scratch.path, 5);
  CHECK_FALSE(server.file.remove_if_same());
  CHECK(exists(scratch.path));
  CHECK(connect_to(server.file.address(), {}, Deadline::never()));  // it is where it is
  CHECK(other.file.remove_if_same());
}

TEST_CASE("socket file: it is the same after chdir") {
  const ScratchPath scratch;
  ChildProcess child{[&] {
    require_call(::chdir(scratch.directory.path().c_str()), "chdir");
    const auto server = listen_on_path("here", 5);
    require_call(::chdir("/"), "chdir");
    return server.file.remove_if_same() ? 0 : 1;
  }};
  CHECK(child.wait() == 0);
  CHECK(entries(scratch.directory) == 0);
}

TEST_CASE("socket file: a path may be longer than the kernel's limit") {
  const TemporaryDirectory directory;
  auto deep = directory.path();
  for (int i = 0; i < 5; ++i) {
    deep += "/" + std::string(50, 'd');
    require_call(::mkdir(deep.c_str(), 0700), "mkdir");
  }
  const auto path = deep + "/socket";
  const bool is_stale = GENERATE(false, true);
  if (is_stale) {
    require_call(::symlink(deep.c_str(), directory.path("short").c_str()), "symlink");
    make_stale_socket(directory.path("short/socket"));
  }
  auto server = listen_on_path(path, 5);
  CHECK(connect_to_path(path, {}, Deadline::never()));
  CHECK(server.listener.accept(Deadline::never()));
  CHECK(code_of(listen_error(path)) == std::errc::address_in_use);
  CHECK(server.file.remove_if_same());
  const auto error = listen_error(deep + "/" + std::string(120, 's'));
  CHECK(code_of(error) == std::errc::filename_too_long);
  CHECK(error.hint().find("107") != std::string::npos);
}

TEST_CASE("socket file: a lock that another holds is waited for") {
  const ScratchPath scratch;
  const auto lock = scratch.path + ".ipclock";
  FileDescriptor file{require_call(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open")};
  require_call(::flock(file.get(), LOCK_EX), "flock");
  const auto holder = when_asleep([&] { file.reset(); });
  CHECK_NOTHROW(listen_on_path(scratch.path, 5));
  holder.wait();
  CHECK_FALSE(exists(lock));
}

TEST_CASE("socket file: a lock that is left is taken, and one with content is somebody else's") {
  const ScratchPath scratch;
  const auto lock = scratch.path + ".ipclock";
  write_file(lock, "");
  CHECK_NOTHROW(listen_on_path(scratch.path, 5));
  CHECK_FALSE(exists(lock));
  write_file(lock, "1234");
  CHECK(listen_error(scratch.path).attempt() == "cannot lock '" + lock + "'");
  CHECK(read_file(lock) == "1234");
  require_call(::unlink(lock.c_str()), "unlink");
  require_call(::symlink("target", lock.c_str()), "symlink");
  CHECK(code_of(listen_error(scratch.path)) == std::errc::too_many_symbolic_link_levels);
  CHECK_FALSE(exists(scratch.directory.path("target")));
}

TEST_CASE("socket file: of those who want the same path at once exactly one gets it, and serves") {
  const ScratchPath scratch;
  const bool is_stale = GENERATE(false, true);
  constexpr int rounds = 20, contenders = 4;
  for (int round = 0; round < rounds; ++round) {
    if (is_stale) make_stale_socket(scratch.path);
    const auto start = make_pipe();
    const auto result = make_pipe();
    auto end = make_pipe();
    std::vector<ChildProcess> children;
    for (int i = 0; i < contenders; ++i)
      children.emplace_back([&] {
        ::alarm(20);
        end.write_end.reset();
        char byte;
        [[maybe_unused]] const auto ignored = ::read(start.read_end.get(), &byte, 1);
        try {
          const auto server = listen_on_path(scratch.path, 5);
          write_all(result.write_end.get(), "w");
          read_all(end.read_end.get());
          return 0;
        } catch (const Error& error) {
          write_all(result.write_end.get(), error.code() == std::errc::address_in_use ? "l" : "e");
          return 1;
        }
      });
    write_all(start.write_end.get(), std::string(contenders, 'g'));
    std::string results;
    while (results.size() < contenders) {
      char byte;
      REQUIRE(::read(result.read_end.get(), &byte, 1) == 1);
      results += byte;
    }
    std::sort(results.begin(), results.end());
    CHECK(results == "lllw");
    CHECK(connect_to_path(scratch.path, {}, Deadline::never()));
    CHECK(entries(scratch.directory) == 1);
    end.write_end.reset();
    for (auto& child : children) child.wait();
    require_call(::unlink(scratch.path.c_str()), "unlink");
  }
}

TEST_CASE("socket file: what cannot be made leaves nothing") {
  const ScratchPath scratch;
  SocketOptions options;
  options.after_bind = [](int) { throw std::runtime_error{"no"}; };
  CHECK_THROWS_AS(listen_on_path(scratch.path, 5, 0600, options), std::runtime_error);
  CHECK(entries(scratch.directory) == 0);
  if (::geteuid() == 0) return;
  require_call(::chmod(scratch.directory.path().c_str(), 0500), "chmod");
  CHECK(code_of(listen_error(scratch.path)) == std::errc::permission_denied);
  require_call(::chmod(scratch.directory.path().c_str(), 0700), "chmod");
}

TEST_CASE("socket file: a datagram socket is bound by the same rules") {
  const ScratchPath scratch;
  make_stale_socket(scratch.path);
  const auto receiver = open_socket(AF_UNIX, {.type = SOCK_DGRAM});
  const auto file = SocketFile::bind(receiver.get(), scratch.path);
  const auto sender = open_socket(AF_UNIX, {.type = SOCK_DGRAM});
  CHECK(send_to(sender.get(), bytes("text"), file.address(), Deadline::never()));
  CHECK(receive_text(receiver.get()) == "text");
  CHECK(file.is_live());
}
