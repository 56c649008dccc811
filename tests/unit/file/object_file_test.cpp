#include "file/object_file.hpp"

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;

TEST_CASE("object file: POSIX objects lie in /dev/shm, and mapped files where their path says") {
  const struct {
    Reference reference;
    std::optional<std::string> path;
  } rows[] = {{{Kind::shm, PosixName{"/frame"}}, "/dev/shm/frame"},
              {{Kind::sem, PosixName{"/ready"}}, "/dev/shm/sem.ready"},
              {{Kind::shm, FilePath{"a/b"}}, "a/b"},
              {{Kind::fifo, FilePath{"/x"}}, "/x"},
              {{Kind::mq, PosixName{"/jobs"}}, std::nullopt},
              {{Kind::shm, SysvKey{1}}, std::nullopt}};
  for (const auto& [reference, path] : rows) {
    CAPTURE(reference.to_string());
    CHECK(object_path(reference) == path);
  }
  CHECK(directory_of("/tmp/x") == "/tmp/");
  CHECK(directory_of("/x") == "/");
  CHECK(directory_of("x") == ".");
}

TEST_CASE("object file: messages name the object, not the file") {
  CHECK(object_file({Kind::shm, PosixName{"/frame"}}).description() == "shared memory '/frame'");
  CHECK(object_file({Kind::shm, FilePath{"/tmp/x"}}).description() == "shared memory 'file:/tmp/x'");
}

TEST_CASE("object file: a missing one is nothing, and what is no regular file is refused and stays") {
  const TemporaryDirectory directory;
  const Reference reference{Kind::shm, FilePath{directory.path("x")}};
  CHECK_FALSE(open_object_file_if_exists(reference, O_RDONLY, Trust::anybody));
  CHECK_FALSE(remove_object_file_if_exists(reference));
  std::filesystem::create_directory(directory.path("x"));
  const auto opening = error_of([&] { open_object_file_if_exists(reference, O_RDONLY, Trust::anybody); });
  CHECK(opening.reason() == "it is not a regular file");
  CHECK(error_of([&] { remove_object_file_if_exists(reference); }).reason() == "it is not a regular file");
  CHECK(std::filesystem::exists(directory.path("x")));
}
