// POSIX objects and mapped files: what the file system adds.
#include <fcntl.h>
#include <sys/stat.h>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

Reference file_reference(const std::string& path) { return {Kind::shm, FilePath{path}}; }

}  // namespace

TEST_CASE("regular file: other programs see a POSIX object as shm_open makes it") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  CHECK(read_file(reference.path()) == "content");
  CHECK(SharedMemory::open(reference, Access::read).reference() == reference.get());
}

TEST_CASE("regular file: relative paths are relative") {
  const TemporaryDirectory directory;
  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  make_object(file_reference("x"), "content");
  const auto content = content_of(SharedMemory::open(file_reference("./x"), Access::read));
  std::filesystem::current_path(old);
  CHECK(content == "content");
  CHECK(read_file(directory.path("x")) == "content");
}

TEST_CASE("regular file: what is no regular file is refused without waiting") {
  const TemporaryDirectory directory;
  REQUIRE(::mkfifo(directory.path("fifo").c_str(), 0600) == 0);
  const Reference fifo = file_reference(directory.path("fifo"));
  const auto read_error = error_of([&] { SharedMemory::open_if_exists(fifo, Access::read); });
  CHECK(read_error.reason() == "it is not a regular file");
  CHECK_THROWS_AS(SharedMemory::open_if_exists(fifo, Access::write), Error);  // ENXIO: nobody reads it
  CHECK(error_of([&] { SharedMemory::remove_if_exists(fifo); }).reason() == "it is not a regular file");

  const Reference folder = file_reference(directory.path());
  CHECK(error_of([&] { SharedMemory::open_if_exists(folder, Access::read); }).reason() ==
        "it is not a regular file");
  CHECK(error_of([&] { SharedMemory::remove_if_exists(folder); }).reason() == "it is not a regular file");
  CHECK_THROWS_AS(SharedMemory::open_if_exists(file_reference("/dev/null"), Access::read), Error);
}

TEST_CASE("regular file: links are not followed in a sticky directory") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "content");
  std::filesystem::create_symlink("x", directory.path("link"));
  const auto link = file_reference(directory.path("link"));
  CHECK(content_of(SharedMemory::open(link, Access::read)) == "content");

  ::chmod(directory.path().c_str(), 01777);
  const auto error = error_of([&] { SharedMemory::open_if_exists(link, Access::read); });
  CHECK(error.code() == std::errc::too_many_symbolic_link_levels);
  CHECK(error.hint() == "a symbolic link is not followed in a sticky directory");
  CHECK(error_of([&] { SharedMemory::remove_if_exists(link); }).reason() == "it is not a regular file");
  CHECK(read_file(directory.path("x")) == "content");
}

TEST_CASE("regular file: a link in /dev/shm is not followed") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "content");
  const auto reference = ScratchReference::posix();
  std::filesystem::create_symlink(directory.path("x"), reference.path());
  CHECK(error_of([&] { SharedMemory::open(reference, Access::write); }).code() ==
        std::errc::too_many_symbolic_link_levels);
  std::filesystem::remove(reference.path());
}

TEST_CASE("regular file: one with several names is not trusted where anybody can have given it one of them") {
  const TemporaryDirectory directory;
  write_file(directory.path("x"), "content");
  std::filesystem::create_hard_link(directory.path("x"), directory.path("name"));
  const auto name = file_reference(directory.path("name"));
  const auto open = [&](Trust trust) { return SharedMemory::open_if_exists(name, Access::write, trust); };
  CHECK(open(Trust::self_and_root));

  ::chmod(directory.path().c_str(), 01777);
  const auto error = error_of([&] { open(Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() == "its file has 2 names, and another user may have planted this one");
  CHECK(open(Trust::anybody));
  std::filesystem::remove(directory.path("x"));
  CHECK(open(Trust::self_and_root));
}

TEST_CASE("regular file: another user's object is not trusted, one's own and root's are") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  CHECK(SharedMemory::open_if_exists(reference, Access::read, Trust::self_and_root));
  if (::chown(reference.path().c_str(), other_user(), other_user()) != 0)
    return;  // only root can give it away
  const auto error =
      error_of([&] { SharedMemory::open_if_exists(reference, Access::write, Trust::self_and_root); });
  CHECK(error.code() == std::errc::operation_not_permitted);
  CHECK(error.hint() ==
        "it belongs to another user (uid " + std::to_string(other_user()) + "), who may have planted it");
  CHECK(SharedMemory::open_if_exists(reference, Access::write, Trust::anybody));
}

TEST_CASE("regular file: permissions are the system's") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content", 0);
  if (::access(reference.path().c_str(), R_OK) == 0) return;  // they do not bind this user
  const auto error = error_of([&] { SharedMemory::open_if_exists(reference, Access::read); });
  CHECK(error.code() == std::errc::permission_denied);
  CHECK(SharedMemory::remove_if_exists(reference));  // which needs none of them
}

TEST_CASE("regular file: resize lengthens with zeros and shortens") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto object = SharedMemory::open(reference, Access::write);
  object.resize(10);
  CHECK(read_file(reference.path()) == std::string("content\0\0\0", 10));
  object.resize(3);
  CHECK(read_file(reference.path()) == "con");
  CHECK(error_of([&] { object.resize(std::numeric_limits<std::uint64_t>::max()); }).code() ==
        std::errc::file_too_large);
  CHECK(object.size() == 3);
}

TEST_CASE("regular file: zero behind the end lengthens the object") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto object = SharedMemory::open(reference, Access::write);
  object.zero(5, 5);
  CHECK(read_file(reference.path()) == std::string("conte\0\0\0\0\0", 10));
}

TEST_CASE("regular file: memory is reserved behind the end without changing the size") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto object = SharedMemory::open(reference, Access::write);
  object.reserve(0, 1 << 20);
  struct stat status;
  REQUIRE(::stat(reference.path().c_str(), &status) == 0);
  CHECK(status.st_size == 7);
  CHECK(status.st_blocks * 512 >= 1 << 20);
}

TEST_CASE("regular file: an object shortened while it is open is a short read") {
  const auto reference = ScratchReference::posix();
  make_object(reference, pattern(1 << 20));
  const auto object = SharedMemory::open(reference, Access::read);
  SharedMemory::open(reference, Access::write).resize(5000);
  CHECK((content_of(object) == pattern(5000)));
  CHECK(content_of(object, 6000).empty());
  CHECK(object.length_until_nul(0, 1 << 20) == 5000);
}

TEST_CASE("regular file: remove does not touch another object that has the name by now") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "first");
  auto first = SharedMemory::open(reference, Access::read);
  SharedMemory::remove_if_exists(reference);
  make_object(reference, "second");
  CHECK(error_of([&] { first.remove(); }).code() == std::errc::no_such_file_or_directory);
  CHECK(read_file(reference.path()) == "second");
}

TEST_CASE("regular file: descriptors are not inherited by programs") {
  const auto reference = ScratchReference::posix();
  auto draft = begin(reference, 5);
  CHECK((::fcntl(draft.object().descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  draft.publish();
  CHECK((::fcntl(SharedMemory::open(reference, Access::read).descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("regular file: an offset that no file has is an error") {
  const auto reference = ScratchReference::posix();
  make_object(reference, "content");
  auto object = SharedMemory::open(reference, Access::write);
  CHECK(error_of([&] { write_at(object, std::uint64_t{1} << 63, "x"); }).code() == std::errc::file_too_large);
  CHECK(error_of([&] { content_of(object, std::uint64_t{1} << 63); }).code() == std::errc::file_too_large);
}

TEST_CASE("regular file: messages tell what is meant") {
  const TemporaryDirectory directory;
  const auto path = directory.path("file/x");
  write_file(directory.path("file"), "");
  const auto error = error_of([&] { SharedMemory::open_if_exists(file_reference(path), Access::read); });
  CHECK(error.code() == std::errc::not_a_directory);
  CHECK(error.attempt() == "cannot open shared memory 'file:" + path + "'");
}
