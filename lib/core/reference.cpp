#include <array>
#include <charconv>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/reference.hpp>

#include "failure.hpp"

namespace ipcutils {

namespace {

struct KindText {
  Kind kind;
  std::string_view name;
  std::string_view noun;
  bool has_sysv;  // whether System V has such objects
};

constexpr std::array<KindText, 5> kinds{{{Kind::shm, "shm", "shared memory", true},
                                         {Kind::mq, "mq", "message queue", true},
                                         {Kind::sem, "sem", "semaphore", true},
                                         {Kind::mb, "mb", "mailbox", false},
                                         {Kind::fifo, "fifo", "FIFO", false}}};

const KindText& text_of(Kind kind) {
  for (const auto& text : kinds)
    if (text.kind == kind) return text;
  std::abort();  // an enumerator without a row
}

// The reasons of a text that could not be understood, all under the same attempt.
class Refusal {
 public:
  Refusal(std::string_view text, std::string_view noun, std::optional<Kind> expected = std::nullopt)
      : m_text{text}, m_noun{noun}, m_expected{expected} {}

  [[noreturn]] void operator()(std::string reason, std::string hint = {}) const {
    throw Error::invalid(fmt::format("invalid {} {}", m_noun, quote(m_text)), std::move(reason),
                         std::move(hint));
  }

  // A hint at the text with another ending, if that would have been taken.
  std::string did_you_mean(std::string_view ending, std::string_view better) const {
    const auto text = fmt::format("{}{}", m_text.substr(0, m_text.size() - ending.size()), better);
    if (text == m_text) return {};
    try {
      Reference::parse(text, m_expected);
    } catch (const Error&) {
      return {};
    }
    return fmt::format("did you mean {}?", quote(text));
  }

 private:
  std::string_view m_text;
  std::string_view m_noun;
  std::optional<Kind> m_expected;
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Directories in which Linux keeps POSIX objects: a path into one of them has a plain meaning.
constexpr std::array<std::string_view, 2> object_directories{"/dev/shm", "/dev/mqueue"};

PosixName parse_posix_name(std::string_view text, Kind kind, const Refusal& refuse) {
  for (const auto directory : object_directories) {
    auto rest = text;
    if (take_prefix(rest, directory) && rest.size() > 1 && rest.rfind('/') == 0)
      refuse("a name has one slash, at its beginning", refuse.did_you_mean(text, rest));
  }
  if (text.find('\0') != text.npos) refuse("a name cannot contain NUL");
  if (text.size() < 2) refuse("the name is empty");
  if (text.find('/', 1) != text.npos) refuse("a name has one slash, at its beginning");
  if (text == "/." || text == "/..") refuse("this name is reserved");
  if (text.size() > 256) refuse("the name is longer than 255 bytes");
  if (kind == Kind::shm && (text.starts_with("/sem.") || text.starts_with("/mb.")))
    refuse("such names belong to semaphores and mailboxes");
  return {std::string{text}};
}

SysvKey parse_key(std::string_view text, const Refusal& refuse) {
  const bool is_hexadecimal = take_prefix(text, "0x") || take_prefix(text, "0X");
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, is_hexadecimal ? 16 : 10);
  if (!is_hexadecimal && text.size() > 1 && text[0] == '0') refuse("a decimal key has no leading zero");
  if (result.ec == std::errc::result_out_of_range) refuse("a key has 32 bits");
  if (result.ec != std::errc{} || result.ptr != end)
    refuse("a key is 0x and hexadecimal digits, or decimal digits");
  if (value == 0) refuse("a key cannot be 0", "a new object without a key is 'private'");
  return {value};
}

SysvId parse_id(std::string_view digits, const Refusal& refuse) {
  int value = 0;
  const auto end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (result.ec == std::errc::result_out_of_range) refuse("the identifier is too large");
  if (result.ec != std::errc{} || result.ptr != end || digits[0] == '-')
    refuse("an identifier is '@' and decimal digits");
  return {value};
}

int parse_project(std::string_view text, const Refusal& refuse) {
  const bool is_number = text.find_first_not_of("0123456789") == text.npos;
  if (text.size() == 1 && !is_number && text[0] != '\0') return static_cast<unsigned char>(text[0]);
  int value = 0;
  if (!text.empty() && is_number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{}) value = 0;
  }
  if (value < 1 || value > 255) refuse("a project is one character, or a number from 1 to 255");
  return value;
}

std::string parse_path(std::string_view text, const Refusal& refuse) {
  if (text.empty()) refuse("the path is empty");
  if (text.find('\0') != text.npos) refuse("a path cannot contain NUL");
  return std::string{text};
}

SysvFileKey parse_file_key(std::string_view text, const Refusal& refuse) {
  const auto colon = text.rfind(':');
  const int project = colon == text.npos ? 1 : parse_project(text.substr(colon + 1), refuse);
  return {parse_path(text.substr(0, colon), refuse), project};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A POSIX name for a word; other text as it is.
std::string probable_name(std::string_view text) {
  const bool is_word = !text.empty() && text.find_first_of("/:@") == text.npos && !is_digit(text[0]);
  return fmt::format("{}{}", is_word ? "/" : "", text);
}

Name parse_name(std::string_view text, Kind kind, const Refusal& refuse) {
  if (kind == Kind::fifo) return FilePath{parse_path(text, refuse)};
  if (text.empty()) refuse("the name is empty");
  if (text[0] == '/') return parse_posix_name(text, kind, refuse);
  if (kind == Kind::shm && take_prefix(text, "file:")) return FilePath{parse_path(text, refuse)};
  if (text_of(kind).has_sysv) {
    if (text[0] == '@') return parse_id(text.substr(1), refuse);
    if (take_prefix(text, "ftok:")) return parse_file_key(text, refuse);
    if (text == "private") return SysvPrivate{};
    if (is_digit(text[0])) return parse_key(text, refuse);
  }
  refuse("a name begins with '/'", refuse.did_you_mean(text, probable_name(text)));
}

// The kind that text begins with, and the text without it.
std::optional<Kind> take_kind(std::string_view& text) {
  for (const auto& kind : kinds) {
    auto rest = text;
    if (take_prefix(rest, kind.name) && take_prefix(rest, ":")) {
      text = rest;
      return kind.kind;
    }
  }
  return std::nullopt;
}

struct NameText {
  std::string operator()(const PosixName& name) const { return name.text; }
  std::string operator()(const SysvKey& key) const { return fmt::format("0x{:08x}", key.value); }
  std::string operator()(const SysvId& id) const { return fmt::format("@{}", id.value); }
  std::string operator()(const SysvFileKey& key) const {
    return fmt::format("ftok:{}:{}", key.path, key.project);
  }
  std::string operator()(const SysvPrivate&) const { return "private"; }
  std::string operator()(const FilePath& path) const { return path.text; }
};

std::string name_text(const Reference& reference) {
  const bool is_mapped_file = reference.kind == Kind::shm && std::holds_alternative<FilePath>(reference.name);
  return (is_mapped_file ? "file:" : "") + std::visit(NameText{}, reference.name);
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept { return text_of(kind).name; }

std::string_view kind_noun(Kind kind) noexcept { return text_of(kind).noun; }

SysvFileKey SysvFileKey::parse(std::string_view path, std::string_view project) {
  return {parse_path(path, Refusal{path, "path"}), parse_project(project, Refusal{project, "project"})};
}

Reference Reference::parse(std::string_view text, std::optional<Kind> expected) {
  const Refusal refuse{text, expected ? kind_noun(*expected) : "reference", expected};
  auto name = text;
  const auto kind = take_kind(name);
  if (!kind && !expected)
    refuse("it does not name its kind", refuse.did_you_mean(text, "shm:" + probable_name(text)));
  if (kind && expected && *kind != *expected)
    refuse(fmt::format("its kind is '{}', where '{}' is wanted", kind_name(*kind), kind_name(*expected)));
  const auto known = kind ? *kind : *expected;
  return {known, parse_name(name, known, refuse)};
}

std::string Reference::to_string() const { return fmt::format("{}:{}", kind_name(kind), name_text(*this)); }

std::string Reference::quoted() const { return quote(name_text(*this)); }

std::string Reference::description() const { return fmt::format("{} {}", kind_noun(kind), quoted()); }

}  // namespace ipcutils
