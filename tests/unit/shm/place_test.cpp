#include "shm/place.hpp"

#include <sys/stat.h>

#include "catch.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

Place place_of_file(const std::string& path) {
  const Reference reference{Kind::shm, FilePath{path}};
  return Place::of(reference, FilePath{path});
}

}  // namespace

TEST_CASE("place: a POSIX object lies in /dev/shm") {
  const Reference reference{Kind::shm, PosixName{"/frame"}};
  const auto place = Place::of(reference, PosixName{"/frame"});
  CHECK(place.path() == "/dev/shm/frame");
  CHECK(place.directory == "/dev/shm");
  CHECK(place.leaf == "frame");
  CHECK(place.description() == "shared memory '/frame'");
}

TEST_CASE("place: a mapped file lies where its path says") {
  CHECK(place_of_file("/tmp/x").description() == "shared memory 'file:/tmp/x'");
  CHECK(place_of_file("/tmp/x").directory == "/tmp");
  CHECK(place_of_file("/tmp/x").leaf == "x");
  CHECK(place_of_file("/x").path() == "//x");
  CHECK(place_of_file("/x").directory == "/");
  CHECK(place_of_file("x").path() == "./x");
  CHECK(place_of_file("a/b").directory == "a");
}

TEST_CASE("place: links are followed only where nobody else can put one") {
  const TemporaryDirectory directory;
  const auto place = place_of_file(directory.path("x"));
  CHECK(place.may_follow_links());
  ::chmod(directory.path().c_str(), 01777);
  CHECK_FALSE(place.may_follow_links());
  CHECK_FALSE(place_of_file(directory.path("none/x")).may_follow_links());
}
