// Names that no other test and no other run has, of objects that are gone when the test is over.
#pragma once

#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <ipcutils/shared_memory.hpp>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace ipcutils {

inline unsigned next_number() {
  static std::atomic<unsigned> number = 0;
  return ++number;
}

// An empty directory without sticky bit.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : m_path{std::filesystem::temp_directory_path() / "ipcutils-test-XXXXXX"} {
    auto path = m_path.string();
    if (::mkdtemp(path.data()) == nullptr) throw std::system_error{errno, std::system_category(), "mkdtemp"};
    m_path = path;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }

  std::string path(const std::string& leaf = "") const { return leaf.empty() ? m_path : m_path / leaf; }

 private:
  std::filesystem::path m_path;
};

// Another umask, for a while.
class Umask {
 public:
  explicit Umask(mode_t mask) : m_old{::umask(mask)} {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(m_old); }

 private:
  mode_t m_old;
};

// A user who neither runs the tests nor is root.
inline uid_t other_user() { return ::geteuid() == 65534 ? 65533 : 65534; }

// A reference to no object yet; what has the name at the end is removed.
class ScratchReference {
 public:
  explicit ScratchReference(Reference reference) : m_reference{std::move(reference)} {}
  ScratchReference(const ScratchReference&) = delete;
  ScratchReference& operator=(const ScratchReference&) = delete;
  ~ScratchReference() {
    try {
      SharedMemory::remove_if_exists(m_reference);
    } catch (const std::exception&) {  // what is left is told of by scripts/check
    }
  }

  static ScratchReference posix() {
    return ScratchReference{{Kind::shm, PosixName{"/ipcutils-test-" + std::to_string(::getpid()) + "-" +
                                                  std::to_string(next_number())}}};
  }
  static ScratchReference sysv() {
    const auto pid = static_cast<std::uint32_t>(::getpid());
    return ScratchReference{{Kind::shm, SysvKey{0x40000000u | pid << 8 | (next_number() & 0xffu)}}};
  }
  static ScratchReference file(const TemporaryDirectory& directory) {
    return ScratchReference{{Kind::shm, FilePath{directory.path("mapped-" + std::to_string(next_number()))}}};
  }

  const Reference& get() const noexcept { return m_reference; }
  operator const Reference&() const noexcept { return m_reference; }

  // Of the regular file behind a POSIX object or mapped file.
  std::string path() const {
    if (const auto* name = std::get_if<PosixName>(&m_reference.name)) return "/dev/shm" + name->text;
    return std::get<FilePath>(m_reference.name).text;
  }

 private:
  Reference m_reference;
};

// One of each API, for what they have in common.
class EveryApi {
 public:
  const std::array<const ScratchReference*, 3>& references() const noexcept { return m_references; }

 private:
  TemporaryDirectory m_directory;
  ScratchReference m_posix = ScratchReference::posix();
  ScratchReference m_sysv = ScratchReference::sysv();
  ScratchReference m_file = ScratchReference::file(m_directory);
  std::array<const ScratchReference*, 3> m_references{&m_posix, &m_sysv, &m_file};
};

inline std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream{path, std::ios::binary} << content;
}

}  // namespace ipcutils
