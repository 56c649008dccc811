// What POSIX objects, System V segments and mapped files have in common.
#include <ipcutils/inventory.hpp>
#include <ipcutils/shared_memory.hpp>

#include <future>
#include <thread>

#include "catch.hpp"
#include "channel.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "shm/content.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;

TEST_CASE("shared memory: a missing object is no error of open_if_exists and ENOENT of open") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    const auto access = GENERATE(Access::read, Access::write);
    CAPTURE(reference->get().to_string());
    CHECK_FALSE(SharedMemory::open_if_exists(*reference, access));
    const auto error = error_of([&] { SharedMemory::open(*reference, access); });
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(error.what() ==
          "cannot open shared memory " + reference->get().quoted() + ": No such file or directory");
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
  }
}

TEST_CASE("shared memory: made, read, written, removed") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "0123456789");

    auto object = SharedMemory::open(*reference, Access::read);
    CHECK(object.size() == 10);
    CHECK(content_of(object) == "0123456789");
    CHECK(content_of(object, 4) == "456789");
    CHECK(content_of(object, 4, 3) == "456");
    CHECK(content_of(object, 8, 100) == "89");
    CHECK(content_of(object, 10) == "");
    CHECK(content_of(object, 5000) == "");

    auto writer = SharedMemory::open(*reference, Access::write);
    CHECK(write_at(writer, 2, "ab") == 2);
    CHECK(content_of(object) == "01ab456789");

    CHECK(SharedMemory::remove_if_exists(*reference));
    CHECK_FALSE(SharedMemory::open_if_exists(*reference, Access::read));
    CHECK(content_of(object) == "01ab456789");  // who has it open keeps it
  }
}

TEST_CASE("shared memory: created with zero bytes, once, and with the wanted mode") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    const auto created = SharedMemory::create(*reference, 5000, 0640);
    REQUIRE(created);
    const auto object = SharedMemory::open(*reference, Access::read);
    CHECK(object.reference() == *created);
    CHECK((content_of(object) == std::string(5000, '\0')));
    CHECK(find_object(*reference)->mode == 0640);
    CHECK_FALSE(SharedMemory::create(*reference, 1, 0600));
    CHECK(object.size() == 5000);
  }
}

TEST_CASE("shared memory: one that no memory can hold is not created") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    CHECK_THROWS_AS(SharedMemory::create(*reference, std::uint64_t{1} << 62, 0600), Error);
    CHECK_FALSE(SharedMemory::remove_if_exists(*reference));
  }
}

TEST_CASE("shared memory: what passes the capacity of a segment is left in the source, the others grow") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, std::string(8, '.'));
    auto object = SharedMemory::open(*reference, Access::write);
    const bool is_fixed = SharedMemoryDraft::has_fixed_size(*reference);
    CHECK(object.capacity() == (is_fixed ? 8 : (std::uint64_t{1} << 63) - 1));
    CHECK(write_at(object, 6, "abcd") == (is_fixed ? 2 : 4));
    CHECK(object.size() == (is_fixed ? 8 : 10));
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == (is_fixed ? "......ab" : "......abcd"));
    CHECK(write_at(object, 20, "x") == (is_fixed ? 0 : 1));
    CHECK((object.descriptor() >= 0) == !is_fixed);
  }
}

TEST_CASE("shared memory: zero makes bytes zero and nothing around them") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "0123456789");
    auto object = SharedMemory::open(*reference, Access::write);
    object.zero(2, 3);
    object.zero(9, 0);
    CHECK(content_of(SharedMemory::open(*reference, Access::read)) == std::string("01\0\0\0"
                                                                                  "56789",
                                                                                  10));
    object.zero(8, 2);
    CHECK(object.size() == 10);
  }
}

TEST_CASE("shared memory: bytes are copied between it and memory") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    const bool is_fixed = SharedMemoryDraft::has_fixed_size(*reference);
    const auto content = pattern(10'000);
    make_object(*reference, content);
    const auto object = SharedMemory::open(*reference, Access::read);
    const auto read = [&](std::size_t size, std::uint64_t offset) {
      std::string text(size, '.');
      text.resize(object.read(std::as_writable_bytes(std::span{text}), offset));
      return text;
    };
    CHECK((read(10'000, 0) == content));
    CHECK((read(20'000, 0) == content));
    CHECK((read(50, 4'000) == content.substr(4'000, 50)));
    CHECK((read(50, 9'990) == content.substr(9'990)));
    CHECK(read(50, 10'000) == "");
    CHECK(read(50, 20'000) == "");
    CHECK(read(0, 0) == "");

    const auto write = [&](Access access, std::string_view text, std::uint64_t offset) {
      return SharedMemory::open(*reference, access).write(std::as_bytes(std::span{text}), offset);
    };
    CHECK(write(Access::write, "abc", 100) == 3);
    CHECK((read(5, 99) == content[99] + std::string{"abc"} + content[103]));
    CHECK(write(Access::write, "wxyz", 9'998) == (is_fixed ? 2 : 4));
    CHECK(read(50, 9'998) == (is_fixed ? "wx" : "wxyz"));
    CHECK(write(Access::write, "", 0) == 0);
    CHECK(error_of([&] { write(Access::read, "x", 0); }).code() == std::errc::bad_file_descriptor);
    CHECK(read(1, 0) == content.substr(0, 1));
  }
}

TEST_CASE("shared memory: the length until NUL is that of pages as well as bytes") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    auto content = pattern(200'000);
    content[150'000] = '\0';
    make_object(*reference, content);
    const auto object = SharedMemory::open(*reference, Access::read);
    CHECK(object.length_until_nul(0, until_end) == 150'000);
    CHECK(object.length_until_nul(100'000, until_end) == 50'000);
    CHECK(object.length_until_nul(0, 150'000) == 150'000);
    CHECK(object.length_until_nul(0, 5) == 5);
    CHECK(object.length_until_nul(150'000, 10) == 0);
    CHECK(object.length_until_nul(150'001, until_end) == 49'999);
    CHECK(object.length_until_nul(200'000, until_end) == 0);
    CHECK(object.length_until_nul(7, 0) == 0);
  }
}

TEST_CASE("shared memory: what lies within can be reserved, what no memory can hold cannot") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, pattern(10'000));
    auto object = SharedMemory::open(*reference, Access::write);
    object.reserve(0, 10'000);
    object.reserve(0, 0);
    const auto error = error_of([&] { object.reserve(5'000, std::uint64_t{1} << 62); });
    CHECK((error.code() == std::errc::no_space_on_device || error.code() == std::errc::file_too_large));
    CHECK_THROWS_AS(object.reserve(std::uint64_t{1} << 63, 1), Error);
    CHECK_THROWS_AS(object.reserve(1, std::numeric_limits<std::uint64_t>::max()), Error);
    CHECK(object.size() == 10'000);
    CHECK((content_of(SharedMemory::open(*reference, Access::read)) == pattern(10'000)));
  }
}

TEST_CASE("shared memory: remove takes the name away") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "x");
    auto object = SharedMemory::open(*reference, Access::read);
    object.remove();
    CHECK_FALSE(SharedMemory::open_if_exists(*reference, Access::read));
    CHECK_THROWS_AS(SharedMemory::open(*reference, Access::read), Error);
  }
}

TEST_CASE("shared memory: who has an object open learns that it has been removed") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "x");
    const auto object = SharedMemory::open(*reference, Access::write);
    CHECK_FALSE(object.is_removed());
    SharedMemory::remove_if_exists(*reference);
    CHECK(object.is_removed());
  }
}

TEST_CASE("shared memory: handles move") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    make_object(*reference, "content");
    auto first = SharedMemory::open(*reference, Access::read);
    SharedMemory second{std::move(first)};
    first = SharedMemory::open(*reference, Access::read);
    CHECK(content_of(second) == "content");
    CHECK(content_of(first) == "content");
    first = std::move(second);
    CHECK(content_of(first) == "content");
  }
}

TEST_CASE("shared memory: what is opened to be read cannot be written") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    make_object(*reference, "content");
    auto object = SharedMemory::open(*reference, Access::read);
    const auto error = error_of([&] { write_at(object, 0, "x"); });
    CHECK((error.code() == std::errc::bad_file_descriptor || error.code() == std::errc::bad_address));
    CHECK(content_of(object) == "content");
  }
}

TEST_CASE("shared memory: an object is waited for until it is published") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    CAPTURE(reference->get().to_string());
    // Either the waiter looks first or the maker has begun: both orders come to the same.
    std::promise<void> waits;
    auto maker = std::async(std::launch::async, [&] {
      waits.get_future().wait();
      auto draft = begin(*reference, 7);
      for (int part = 0; part < 7; ++part) {
        write_at(draft.object(), static_cast<std::uint64_t>(part), "c");
        std::this_thread::yield();
      }
      draft.publish();
    });
    waits.set_value();
    const auto object = SharedMemory::wait_for(*reference, Access::read, Deadline::after(1min));
    REQUIRE(object);
    CHECK(content_of(*object) == "ccccccc");
  }
}

TEST_CASE("shared memory: an object that is there is not waited for") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    make_object(*reference, "content");
    CHECK(SharedMemory::wait_for(*reference, Access::read, Deadline::immediate()));
    CHECK(SharedMemory::wait_for(*reference, Access::write, Deadline::never()));
  }
}

TEST_CASE("shared memory: the wait for an object ends with the deadline and not before") {
  const EveryApi apis;
  for (const auto* reference : apis.references()) {
    const auto deadline = Deadline::after(GENERATE(0ms, 5ms, 80ms));
    CHECK_FALSE(SharedMemory::wait_for(*reference, Access::read, deadline));
    CHECK(deadline.has_passed());
    CHECK_FALSE(SharedMemory::wait_for(*reference, Access::read, Deadline::immediate()));
  }
}

TEST_CASE("shared memory: a file is waited for in a directory that comes later") {
  const TemporaryDirectory directory;
  const Reference reference{Kind::shm, FilePath{directory.path("later/x")}};
  auto maker = std::async(std::launch::async, [&] {
    std::filesystem::create_directory(directory.path("later"));
    make_object(reference, "content");
  });
  const auto object = SharedMemory::wait_for(reference, Access::read, Deadline::after(1min));
  REQUIRE(object);
  CHECK(content_of(*object) == "content");
}
