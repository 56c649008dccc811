// References: the names of objects, in one grammar for every mechanism and API.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ipcutils/export.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace ipcutils {

enum class Kind { shm, mq, sem, mb, fifo };

// "shm", "mq", …
IPCUTILS_EXPORT std::string_view kind_name(Kind kind) noexcept;

// "shared memory", "message queue", … for messages.
IPCUTILS_EXPORT std::string_view kind_noun(Kind kind) noexcept;

// /text: a POSIX object, as shm_overview(7), mq_overview(7) and sem_overview(7) name it. With the slash; any
// byte but '/' and NUL may follow, 1 to 255 of them.
struct PosixName {
  std::string text;
  bool operator==(const PosixName&) const = default;
};

// 0x…, or decimal with or without a sign: a System V key, kept as a key_t without its sign, never 0.
struct SysvKey {
  std::uint32_t value;
  bool operator==(const SysvKey&) const = default;
};

// @ID: a System V identifier, as ipcs(1) prints it.
struct SysvId {
  int value;
  bool operator==(const SysvId&) const = default;
};

// ftok:PATH[:PROJ]: the System V key that ftok(3) makes. The file is looked up when the object is, not
// before.
struct IPCUTILS_EXPORT SysvFileKey {
  std::string path;
  int project;  // 1 to 255

  // A path and the text of a project: one character, or a number.
  static SysvFileKey parse(std::string_view path, std::string_view project);

  bool operator==(const SysvFileKey&) const = default;
};

// private: a new System V object without a key (IPC_PRIVATE).
struct SysvPrivate {
  bool operator==(const SysvPrivate&) const = default;
};

// file:PATH of shm (a mapped file) or sem (a lock on a file), or the path of a fifo.
struct FilePath {
  std::string text;
  bool operator==(const FilePath&) const = default;
};

using Name = std::variant<PosixName, SysvKey, SysvId, SysvFileKey, SysvPrivate, FilePath>;

// The name of an object on this host: [KIND:]NAME. A value; that one exists says nothing about the object.
struct IPCUTILS_EXPORT Reference {
  Kind kind;
  Name name;

  // Text that may leave out its kind, which must be `expected`: "/frame" or "shm:/frame". Throws Error
  // (EINVAL) that names the bad part, with a hint where the intent is plain.
  static Reference parse(std::string_view text, Kind expected);

  // Text that must name its kind: "shm:/frame". Where it does not, the hint proposes the `probable` kinds, or
  // all, and never chooses among several.
  static Reference parse(std::string_view text, const std::set<Kind>& probable = {});

  // The canonical text, with its kind, which parse() takes back: "shm:/frame", "mq:@12", "shm:file:/tmp/x".
  std::string to_string() const;

  // The name alone as messages show it, quoted: "'/frame'", "'@12'".
  std::string quoted() const;

  // Kind and name as messages show them: "shared memory '/frame'", "message queue '@12'".
  std::string description() const;

  bool operator==(const Reference&) const = default;
};

}  // namespace ipcutils
