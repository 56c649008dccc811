#include <sys/shm.h>
#include <sys/stat.h>

#include "catch.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;

namespace {

using Collision = SharedMemoryDraft::Collision;

mode_t mode_of(const ScratchReference& reference) {
  struct stat status;
  require_call(::lstat(reference.path().c_str(), &status), "lstat");
  return status.st_mode & 07777;
}

SharedMemoryDraft begin_replacement(const Reference& reference, std::string_view content,
                                    Trust replaceable = Trust::self_and_root) {
  auto draft =
      SharedMemoryDraft::begin(reference, {.collision = Collision::replace, .replaceable = replaceable});
  write_at(draft->object(), 0, content);
  return std::move(*draft);
}

// One for each API that keeps objects in files.
struct FileApis {
  TemporaryDirectory directory;
  ScratchReference posix = ScratchReference::posix();
  ScratchReference file = ScratchReference::file(directory);
  std::array<const ScratchReference*, 2> references{&posix, &file};
};

std::size_t names_like(const std::string& directory, const std::string& part) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory})
    count += entry.path().filename().string().find(part) != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("draft: nobody finds it before it is published") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    auto draft = begin(*reference, 5);
    write_at(draft.object(), 0, "hello");
    CHECK_FALSE(SharedMemory::open_if_exists(*reference, Access::read));
    CHECK(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "hello");
    draft.discard();  // nothing after publish()
    CHECK(SharedMemory::open_if_exists(*reference, Access::read));
  }
}

TEST_CASE("draft: one that is discarded or destroyed leaves nothing") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    { const auto draft = begin(*reference, 5); }
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
    auto draft = begin(*reference, 5);
    draft.discard();
    draft.discard();
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
  }
}

TEST_CASE("draft: one that another is moved to is discarded") {
  const EveryApi apis, others;
  for (std::size_t i = 0; i < apis.references().size(); ++i) {
    const Reference& reference = *apis.references()[i];
    const Reference& other = *others.references()[i];
    CAPTURE(reference.to_string());
    auto draft = begin(reference, 5);
    draft = begin(other, 6);
    CHECK_FALSE(SharedMemory::remove_if_exists(reference));
    CHECK(draft.publish());
    CHECK(SharedMemory::open(other, Access::read).size() == 6);
  }
}

TEST_CASE("draft: what is not written is zero") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    auto draft = begin(*reference, 10);
    write_at(draft.object(), 4, "ab");
    CHECK(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == std::string("\0\0\0\0ab\0\0\0\0", 10));
  }
}

TEST_CASE("draft: the mode is the wanted one, whatever the umask") {
  const FileApis apis;
  const Umask mask{GENERATE(as<mode_t>{}, 0, 077, 0777)};
  for (const auto* reference : apis.references) {
    const mode_t mode = GENERATE(0600, 0644, 0666, 0777, 0400, 0);
    make_object(*reference, "x", mode);
    CHECK(mode_of(*reference) == mode);
    SharedMemory::remove_if_exists(*reference);
  }
}

TEST_CASE("draft: a file without size begins empty") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    auto draft = SharedMemoryDraft::begin(*reference, {});
    REQUIRE(draft);
    CHECK(draft->object().size() == 0);
    CHECK(draft->publish());
    CHECK(SharedMemory::open(*reference, Access::read).size() == 0);
    CHECK(mode_of(*reference) == 0600);
  }
}

TEST_CASE("draft: a name that is taken is not touched, and the draft stays as it was") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    CAPTURE(reference->get().to_string());
    auto draft = begin(*reference, 3);
    write_at(draft.object(), 0, "new");
    make_object(*reference, "old");
    CHECK_FALSE(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "old");
    SharedMemory::remove_if_exists(*reference);
    CHECK(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "new");
  }
}

TEST_CASE("draft: a name is taken by anything that has it") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    const auto path = reference->path();
    const bool is_link = GENERATE(false, true);
    if (is_link)
      std::filesystem::create_symlink("/nowhere/at/all", path);
    else
      std::filesystem::create_directory(path);
    auto draft = begin(*reference, 3);
    CHECK_FALSE(draft.publish());
    auto replacement = begin_replacement(*reference, "new");
    const auto error = error_of([&] { replacement.publish(); });
    CHECK(error.reason() == "it is not a regular file");
    std::filesystem::remove(path);
  }
}

TEST_CASE("draft: a replacement keeps the mode, and those who have the old object keep it") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "old content", 0640);
    const auto old = SharedMemory::open(*reference, Access::read);
    auto draft = begin_replacement(*reference, "new");
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "old content");
    CHECK(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "new");
    CHECK(content_of(old) == "old content");
    CHECK(mode_of(*reference) == 0640);
  }
}

TEST_CASE("draft: a replacement of nothing is a new object") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    auto draft = begin_replacement(*reference, "new");
    CHECK(draft.publish());
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "new");
    CHECK(mode_of(*reference) == 0600);
  }
}

TEST_CASE("draft: a replacement takes the place of the file behind a link, but not in a sticky directory") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("links"));
  const Reference link{Kind::shm, FilePath{directory.path("links/x")}};
  const Reference file{Kind::shm, FilePath{directory.path("x")}};
  std::filesystem::create_symlink("../x", directory.path("links/x"));
  make_object(file, "old content", 0640);
  CHECK(begin_replacement(link, "new").publish());
  CHECK(content_of(SharedMemory::open(file, Access::read)) == "new");
  CHECK(std::filesystem::is_symlink(directory.path("links/x")));
  CHECK(names_like(directory.path(), "") == 2);

  ::chmod(directory.path("links").c_str(), 01777);
  auto refused = begin_replacement(link, "other");
  CHECK(error_of([&] { refused.publish(); }).reason() == "it is not a regular file");
  CHECK(content_of(SharedMemory::open(file, Access::read)) == "new");
}

TEST_CASE("draft: a file with several names in a sticky directory is not replaced unless anybody's may be") {
  const TemporaryDirectory directory;
  const Reference name{Kind::shm, FilePath{directory.path("name")}};
  write_file(directory.path("x"), "old");
  std::filesystem::create_hard_link(directory.path("x"), directory.path("name"));
  ::chmod(directory.path().c_str(), 01777);
  auto refused = begin_replacement(name, "new");
  CHECK(error_of([&] { refused.publish(); }).code() == std::errc::operation_not_permitted);
  CHECK(begin_replacement(name, "new", Trust::anybody).publish());
  CHECK(read_file(directory.path("x")) == "old");
  CHECK(read_file(directory.path("name")) == "new");
}

TEST_CASE("draft: a replacement leaves no temporary name") {
  const TemporaryDirectory directory;
  const Reference reference{Kind::shm, FilePath{directory.path(std::string(255, 'n'))}};
  make_object(reference, "old");
  {
    auto draft = begin_replacement(reference, "new");
    CHECK(draft.publish());
  }
  CHECK(content_of(SharedMemory::open(reference, Access::read)) == "new");
  CHECK(names_like(directory.path(), "") == 1);
}

TEST_CASE("draft: another user's object is not replaced unless anybody's may be, and keeps its owner") {
  const FileApis apis;
  const auto other = other_user();
  for (const auto* reference : apis.references) {
    make_object(*reference, "old");
    if (::chown(reference->path().c_str(), other, other) != 0) return;  // only root can give it away
    auto refused = begin_replacement(*reference, "new");
    const auto error = error_of([&] { refused.publish(); });
    CHECK(error.code() == std::errc::operation_not_permitted);
    CHECK(error.hint() ==
          "it belongs to another user (uid " + std::to_string(other) + "), who may have planted it");
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == "old");

    auto allowed = begin_replacement(*reference, "new", Trust::anybody);
    CHECK(allowed.publish());
    struct stat status;
    REQUIRE(::stat(reference->path().c_str(), &status) == 0);
    CHECK(status.st_uid == other);
    CHECK(status.st_gid == other);
  }
}

TEST_CASE("draft: one whose directory is not there, or does not let it in") {
  const TemporaryDirectory directory;
  const Reference missing{Kind::shm, FilePath{directory.path("none/x")}};
  CHECK(error_of([&] { begin(missing, 1); }).code() == std::errc::no_such_file_or_directory);
  write_file(directory.path("file"), "");
  const Reference within_file{Kind::shm, FilePath{directory.path("file/x")}};
  CHECK(error_of([&] { begin(within_file, 1); }).code() == std::errc::not_a_directory);
}

TEST_CASE("draft: a size that no file has leaves nothing") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    CHECK(error_of([&] { begin(*reference, std::numeric_limits<std::uint64_t>::max()); }).code() ==
          std::errc::file_too_large);
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
  }
}

TEST_CASE("draft: one whose maker was killed leaves no file") {
  const FileApis apis;
  for (const auto* reference : apis.references) {
    run_and_kill([&] { return begin(*reference, 100); });
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
  }
  CHECK(names_like(apis.directory.path(), "") == 0);
}
