#include "core/sysv.hpp"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"

using namespace ipcutils;

namespace {

Reference reference_to(Name name) { return {Kind::mq, std::move(name)}; }

const Reference by_key = reference_to(SysvKey{0xfedcba98u});
const Reference by_id = reference_to(SysvId{77});
const Reference made_anew = reference_to(SysvPrivate{});

// What `get` of find_id() is asked for, and answers.
key_t asked_key;
int answer;
int answer_errno;
int get(key_t key) {
  asked_key = key;
  errno = answer_errno;
  return answer;
}
void will_answer(int id, int errnum = 0) {
  asked_key = 0;
  answer = id;
  answer_errno = errnum;
}

}  // namespace

TEST_CASE("System V: how the kernel says that there is nothing") {
  for (const int errnum : {ENOENT, EINVAL, EIDRM}) CHECK(is_missing(errnum));
  for (const int errnum : {0, EACCES, EPERM, ENOSPC}) CHECK_FALSE(is_missing(errnum));
}

TEST_CASE("System V: the key of a new object") {
  CHECK(key_for_new(made_anew) == IPC_PRIVATE);
  CHECK(key_for_new(by_key) == static_cast<key_t>(0xfedcba98u));
  const TemporaryDirectory directory;
  CHECK(key_for_new(reference_to(SysvFileKey{directory.path(), 3})) == ::ftok(directory.path().c_str(), 3));
  const auto error = error_of([] { key_for_new(by_id); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.attempt() == "cannot create message queue '@77'");
}

TEST_CASE("System V: an identifier is found without asking") {
  will_answer(5);
  CHECK(find_id(by_id, get) == 77);
  CHECK(asked_key == 0);
}

TEST_CASE("System V: the identifier of a key") {
  will_answer(5);
  CHECK(find_id(by_key, get) == 5);
  CHECK(asked_key == static_cast<key_t>(0xfedcba98u));
  will_answer(0);
  CHECK(find_id(by_key, get) == 0);
  will_answer(-1, ENOENT);
  CHECK_FALSE(find_id(by_key, get));
  will_answer(-1, EACCES);
  const auto error = error_of([] { find_id(by_key, get); });
  CHECK(error.code() == std::errc::permission_denied);
  CHECK(error.attempt() == "cannot open message queue " + by_key.quoted());
}

TEST_CASE("System V: the key of a file that is missing is an error, not a missing object") {
  const TemporaryDirectory directory;
  const auto error = error_of([&] { find_id(reference_to(SysvFileKey{directory.path("none"), 1}), get); });
  CHECK(error.code() == std::errc::no_such_file_or_directory);
}

TEST_CASE("System V: 'private' is no existing object") {
  const auto error = error_of([] { find_id(made_anew, get); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.attempt() == "cannot open message queue 'private'");
}

TEST_CASE("System V: the status of what may not be read is found by its index") {
  struct Call {
    int id;
    int command;
    bool operator==(const Call&) const = default;
  };
  constexpr int stat = 2;
  constexpr int stat_any = 13;
  std::vector<Call> calls;
  const auto status_of = [&calls](int id, auto control) {
    calls.clear();
    return ipcutils::stat_any(id, stat, stat_any, [&](int id_or_index, int command) {
      calls.push_back({id_or_index, command});
      return control(id_or_index, command);
    });
  };
  const auto fails_with = [](int errnum) {
    return [errnum](int, int) {
      errno = errnum;
      return -1;
    };
  };

  CHECK(status_of(98309, [](int, int) { return 0; }));
  CHECK((calls == std::vector<Call>{{98309, stat}}));
  CHECK_FALSE(status_of(98309, fails_with(EINVAL)));
  CHECK((calls == std::vector<Call>{{98309, stat}}));
  CHECK_FALSE(status_of(98309, fails_with(EACCES)));

  const auto may_not_read = [](int id) {
    return [id](int, int command) {
      errno = EACCES;
      return command == stat_any ? id : -1;
    };
  };
  CHECK(status_of(98309, may_not_read(98309)));
  CHECK((calls == std::vector<Call>{{98309, stat}, {98309 & 0x7fff, stat_any}}));
  CHECK_FALSE(status_of(98309, may_not_read(5)));  // another object has the index by now

  // Before Linux 4.17 the last word is that it cannot be looked at, not that the command is unknown.
  CHECK_FALSE(status_of(98309, [](int, int command) {
    errno = command == stat_any ? EINVAL : EACCES;
    return -1;
  }));
  CHECK(errno == EACCES);
}

TEST_CASE("System V: owner and creator have to be trusted") {
  struct ipc_perm permissions {};
  const auto self = ::geteuid();
  const auto other = other_user();
  const auto is_trusted = [&](uid_t owner, uid_t creator, Trust trust) {
    permissions.uid = owner;
    permissions.cuid = creator;
    try {
      require_trusted(permissions, by_key, trust);
      return true;
    } catch (const Error& error) {
      CHECK(error.code() == std::errc::operation_not_permitted);
      CHECK(error.attempt() == "cannot use message queue " + by_key.quoted());
      return false;
    }
  };
  CHECK(is_trusted(self, self, Trust::self_and_root));
  CHECK(is_trusted(0, self, Trust::self_and_root));
  CHECK(is_trusted(self, 0, Trust::self_and_root));
  CHECK_FALSE(is_trusted(other, self, Trust::self_and_root));
  CHECK_FALSE(is_trusted(self, other, Trust::self_and_root));
  CHECK_FALSE(is_trusted(other, other, Trust::self_and_root));
  CHECK(is_trusted(other, other, Trust::anybody));
}
