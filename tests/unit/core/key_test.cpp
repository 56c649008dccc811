#include <sys/ipc.h>

#include <ipcutils/key.hpp>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;

TEST_CASE("key: it is that of ftok") {
  const TemporaryDirectory directory;
  const int project = GENERATE(1, 65, 127, 128, 255);
  CHECK(file_key(directory.path(), project) == ::ftok(directory.path().c_str(), project));
}

TEST_CASE("key: the project is its uppermost byte") {
  const TemporaryDirectory directory;
  CHECK((static_cast<std::uint32_t>(file_key(directory.path(), 200)) >> 24) == 200);
}

TEST_CASE("key: a missing file is an error that names it") {
  const TemporaryDirectory directory;
  const auto path = directory.path("none");
  const auto error = error_of([&] { file_key(path, 1); });
  CHECK(error.code() == std::errc::no_such_file_or_directory);
  CHECK(error.attempt() == "cannot make a key from '" + path + "'");
}
