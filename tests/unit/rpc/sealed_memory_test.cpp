#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ipcutils/sealed_memory.hpp>
#include <string_view>

#include "../catch.hpp"
#include "../error_of.hpp"

using namespace ipcutils;

namespace {

FileDescriptor file_with(std::string_view text) {
  auto file = SealedMemory::create();
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return file;
}

int errnum_of_opening(FileDescriptor file) {
  return error_of([&] { SealedMemory{std::move(file)}; }).code().value();
}

}  // namespace

TEST_CASE("sealed memory shows what was written, and nobody can change it") {
  const std::string_view text = GENERATE("a result", "");
  auto file = file_with(text);
  SealedMemory::seal(file.get());
  CHECK(::write(file.get(), "x", 1) == -1);
  CHECK(::ftruncate(file.get(), 100) == -1);
  SealedMemory moved{SealedMemory{std::move(file)}};
  const auto data = moved.data();
  CHECK(std::string_view{reinterpret_cast<const char*>(data.data()), data.size()} == text);
}

TEST_CASE("sealed memory refuses what could change") {
  auto half = file_with("x");
  ::fcntl(half.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  CHECK(errnum_of_opening(std::move(half)) == EPERM);
  CHECK(errnum_of_opening(FileDescriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)}) == EINVAL);
}
