#include "core/backoff.hpp"

#include "catch.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("backoff: what is there is found without a pause, whatever the deadline") {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i)
    for (const auto& deadline : {Deadline::immediate(), Deadline::after(1us), Deadline::never()})
      CHECK(poll_with_backoff(deadline, [] { return std::optional{5}; }) == 5);
  CHECK(std::chrono::steady_clock::now() - begin < 1s);  // a pause of 1 ms would make it 3
}

TEST_CASE("backoff: what is not there is looked for once at least") {
  int looks = 0;
  CHECK_FALSE(poll_with_backoff(Deadline::immediate(), [&looks] {
    ++looks;
    return std::optional<int>{};
  }));
  CHECK(looks == 1);
}

TEST_CASE("backoff: what comes is found, after pauses that grow") {
  int looks = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto found = poll_with_backoff(
      Deadline::after(1min), [&looks] { return ++looks == 5 ? std::optional{looks} : std::nullopt; });
  CHECK(found == 5);
  CHECK(std::chrono::steady_clock::now() - begin >= 15ms);  // 1 + 2 + 4 + 8
}

TEST_CASE("backoff: it ends with the deadline, not before, and looks once more then") {
  const auto deadline = Deadline::after(GENERATE(1us, 1500us, 7ms, 60ms));
  bool has_looked_after = false;
  CHECK_FALSE(poll_with_backoff(deadline, [&] {
    has_looked_after = deadline.has_passed();
    return std::optional<int>{};
  }));
  CHECK(deadline.has_passed());
  CHECK(has_looked_after);
}
