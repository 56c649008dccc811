#include <ipcutils/error.hpp>

#include "catch.hpp"
#include "core/failure.hpp"
#include "error_of.hpp"

using namespace ipcutils;

TEST_CASE("error: what reads attempt and reason and leaves out the hint") {
  const Error error{EEXIST, "cannot create shared memory '/frame'", "another name"};
  CHECK(error.what() == std::string{"cannot create shared memory '/frame': File exists"});
  CHECK(error.attempt() == "cannot create shared memory '/frame'");
  CHECK(error.reason() == "File exists");
  CHECK(error.hint() == "another name");
}

TEST_CASE("error: the code compares with errc and is of the system category") {
  const Error error{EACCES, "cannot open it"};
  CHECK(error.code() == std::errc::permission_denied);
  CHECK(error.code().category() == std::system_category());
  CHECK(error.code().value() == EACCES);
  CHECK(error.hint().empty());
}

TEST_CASE("error: what could not be understood is EINVAL with its own reason") {
  const auto error = Error::invalid("invalid size '4Q'", "unknown unit 'Q'", "units are K, M, G");
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.what() == std::string{"invalid size '4Q': unknown unit 'Q'"});
  CHECK(error.hint() == "units are K, M, G");
}

TEST_CASE("error: it is caught as std::system_error and copies keep everything") {
  try {
    throw Error{ENOSPC, "cannot write standard output", "it is full"};
  } catch (const std::system_error& caught) {
    const auto& error = dynamic_cast<const Error&>(caught);
    const Error copy = error;
    CHECK(copy.what() == std::string{"cannot write standard output: No space left on device"});
    CHECK(copy.hint() == "it is full");
    CHECK(copy.code() == std::errc::no_space_on_device);
  }
}

TEST_CASE("failure: errno is taken before the message is made") {
  errno = ENOENT;
  const auto error = error_of([] { fail(errno, "cannot {} {}", "open", 7); });
  CHECK(error.what() == std::string{"cannot open 7: No such file or directory"});
}

TEST_CASE("failure: only EINTR is repeated") {
  int calls = 0;
  const int result = retry_on_eintr([&] {
    errno = ++calls < 3 ? EINTR : EIO;
    return -1;
  });
  CHECK(result == -1);
  CHECK(calls == 3);
  CHECK(retry_on_eintr([] { return 5; }) == 5);
}
