// Uses the installed library across its border: objects, references, and exceptions caught by every type they
// have.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <ipcutils/error.hpp>
#include <ipcutils/file_descriptor.hpp>
#include <ipcutils/inventory.hpp>
#include <ipcutils/reference.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/version.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}

template <typename Exception, typename Check>
bool catches(Check check) {
  try {
    ipcutils::SharedMemory::open(ipcutils::Reference::parse("shm:/consumer-none"), ipcutils::Access::read);
  } catch (const Exception& exception) {
    return check(exception);
  }
  return false;
}

void use_shared_memory() {
  const auto reference = ipcutils::Reference::parse("shm:/consumer-" + std::to_string(::getpid()));
  int ends[2];
  require(::pipe2(ends, O_CLOEXEC) == 0, "a pipe");
  const ipcutils::FileDescriptor out{ends[0]};
  ipcutils::FileDescriptor in{ends[1]};
  require(::write(in.get(), "hello", 5) == 5, "a write to the pipe");
  in.reset();

  auto draft = ipcutils::SharedMemoryDraft::begin(reference, {.size = 5});
  require(draft && draft->object().write_from({out.get(), "the pipe"}, 0) == 5, "the object is written");
  const std::string text = " world";
  require(draft->object().write(std::as_bytes(std::span{text}), 5) == 6, "memory is written to it");
  require(draft->publish(), "the object is published");
  const auto object = ipcutils::find_object(reference);
  require(object && std::get<ipcutils::SharedMemoryStatus>(object->status).size == 11,
          "the object is listed");
  std::array<char, 20> content;
  const auto size = ipcutils::SharedMemory::open(reference, ipcutils::Access::read)
                        .read(std::as_writable_bytes(std::span{content}), 0);
  require(std::string_view{content.data(), size} == "hello world", "the object is read into memory");
  require(ipcutils::SharedMemory::remove_if_exists(reference), "the object is removed");
}

}  // namespace

int main() {
  const std::string what = "cannot open shared memory '/consumer-none': No such file or directory";
  require(catches<ipcutils::Error>(
              [&](const auto& error) { return error.what() == what && error.hint().empty(); }),
          "an Error is caught as such");
  require(catches<std::system_error>(
              [](const auto& error) { return error.code() == std::errc::no_such_file_or_directory; }),
          "an Error is caught as std::system_error, and its code compares with errc");
  require(catches<std::exception>([&](const auto& error) { return error.what() == what; }),
          "an Error is caught as std::exception");
  use_shared_memory();
  std::puts(IPCUTILS_VERSION);
}
