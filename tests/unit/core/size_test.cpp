#include <ipcutils/size.hpp>

#include <limits>

#include "catch.hpp"

using namespace ipcutils;

TEST_CASE("size: between two positions lie no bytes when the second is the first or comes before it") {
  constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
  CHECK(bytes_between(3, 10) == 7);
  CHECK(bytes_between(0, largest) == largest);
  CHECK(bytes_between(10, 10) == 0);
  CHECK(bytes_between(10, 3) == 0);
  CHECK(bytes_between(largest, 0) == 0);
}
