#include <array>
#include <charconv>
#include <ipcutils/alternatives.hpp>
#include <ipcutils/number.hpp>
#include <ipcutils/quote.hpp>
#include <ipcutils/reference.hpp>
#include <vector>

#include "failure.hpp"

namespace ipcutils {

namespace {

struct KindText {
  Kind kind;
  std::string_view name;
  std::string_view noun;
  bool has_sysv;  // whether System V has such objects
};

constexpr std::array<KindText, 5> all_kinds{{{Kind::shm, "shm", "shared memory", true},
                                             {Kind::mq, "mq", "message queue", true},
                                             {Kind::sem, "sem", "semaphore", true},
                                             {Kind::mb, "mb", "mailbox", false},
                                             {Kind::fifo, "fifo", "FIFO", false}}};

const KindText& text_of(Kind kind) {
  for (const auto& text : all_kinds)
    if (text.kind == kind) return text;
  std::abort();  // an enumerator without a row
}

// Whether a refusal looks for what else was meant. What a hint proposes is tried without.
enum class Hints { yes, no };

// The reasons of a text that could not be understood, all under the same attempt.
class Refusal {
 public:
  Refusal(std::string_view text, std::string_view noun, Hints hints = Hints::yes)
      : m_text{text}, m_noun{noun}, m_hints{hints} {}

  [[noreturn]] void operator()(std::string reason, std::string hint = {}) const {
    throw Error::invalid(fmt::format("invalid {} {}", m_noun, quote(m_text)), std::move(reason),
                         std::move(hint));
  }

  bool has_hints() const { return m_hints == Hints::yes; }

  // What the text has before its end.
  std::string_view before(std::string_view end) const { return m_text.substr(0, m_text.size() - end.size()); }

 private:
  std::string_view m_text;
  std::string_view m_noun;
  Hints m_hints;
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_decimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// As C prints a key_t whose highest bit is set.
bool is_negative(std::string_view text) { return text.size() > 1 && text[0] == '-' && is_digit(text[1]); }

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_of("/:@") == text.npos && !is_digit(text[0]) &&
         !is_negative(text) && text != "private";
}

// Whether text is plainly a path, and no POSIX name, object on another host, or reference of an unknown form.
bool is_path(std::string_view text) {
  if (text.find('/', 1) == text.npos || text.starts_with("//") || text.ends_with('/')) return false;
  return text[0] == '/' || text[0] == '.' || text.find_first_of(":@") == text.npos;
}

// Where Linux keeps POSIX objects of a kind: a path into it has a plain meaning.
struct ObjectDirectory {
  std::string_view prefix;
  Kind kind;
};

constexpr std::array<ObjectDirectory, 4> object_directories{{{"/dev/shm/sem.", Kind::sem},
                                                             {"/dev/shm/mb.", Kind::mb},
                                                             {"/dev/shm/", Kind::shm},
                                                             {"/dev/mqueue/", Kind::mq}}};

// The object whose file a path is.
std::optional<Reference> object_of_path(std::string_view path) {
  for (const auto& [prefix, kind] : object_directories) {
    auto leaf = path;
    if (take_prefix(leaf, prefix) && !leaf.empty() && leaf.find('/') == leaf.npos)
      return Reference{kind, PosixName{fmt::format("/{}", leaf)}};
  }
  return std::nullopt;
}

// A name that a text may stand for.
struct Meaning {
  std::string name;
  std::string_view noun = {};               // says which, where there are several
  std::optional<Kind> kind = std::nullopt;  // set: it names only objects of this kind
};

std::vector<Meaning> meanings_of(std::string_view text) {
  if (const auto object = object_of_path(text))
    return {{.name = std::get<PosixName>(object->name).text, .kind = object->kind}};
  if (is_decimal(text)) return {{fmt::format("@{}", text), "the identifier"}, {std::string{text}, "the key"}};
  if (is_path(text)) {
    // What follows the last colon would be the project.
    const auto project = text.find(':') == text.npos ? "" : ":1";
    return {{fmt::format("ftok:{}{}", text, project), "the key of that path"},
            {fmt::format("file:{}", text), "that file"},
            {std::string{text}, "that FIFO", Kind::fifo}};
  }
  return {{fmt::format("{}{}", is_word(text) ? "/" : "", text)}};
}

Name parse_name(std::string_view text, Kind kind, const Refusal& refuse);

bool is_name_of(Kind kind, const Meaning& meaning) {
  if (meaning.kind ? meaning.kind != kind : kind == Kind::fifo) return false;  // any text is a path
  try {
    parse_name(meaning.name, kind, Refusal{meaning.name, kind_noun(kind), Hints::no});
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A kind that a text may be a name of, and what stands before the name then.
struct Before {
  Kind kind;
  std::string text;
};

// A hint at all that a name may stand for, of each kind. It must not choose: what it proposes may be removed.
std::string did_you_mean(std::string_view name, const std::vector<Before>& kinds) {
  std::vector<std::string> groups;
  bool is_list = false;
  for (const auto& meaning : meanings_of(name)) {
    std::vector<std::string> references;
    for (const auto& before : kinds)
      if (is_name_of(before.kind, meaning)) references.push_back(quote(before.text + meaning.name));
    if (references.empty()) continue;
    is_list = is_list || references.size() > 1;
    groups.push_back(
        fmt::format("{}{}{}", meaning.noun, meaning.noun.empty() ? "" : " ", alternatives(references)));
  }
  if (groups.empty()) return {};
  return fmt::format("did you mean {}?", alternatives(groups, is_list ? ", or " : " or "));
}

// The same, where the kind of the name is known.
std::string did_you_mean(std::string_view name, Kind kind, const Refusal& refuse) {
  return refuse.has_hints() ? did_you_mean(name, {{kind, std::string{refuse.before(name)}}}) : std::string{};
}

std::string other_kind(Kind kind, Kind wanted) {
  return fmt::format("its kind is '{}', where '{}' is wanted", kind_name(kind), kind_name(wanted));
}

PosixName parse_posix_name(std::string_view text, Kind kind, const Refusal& refuse) {
  const auto object = object_of_path(text);
  if (object && object->kind != kind) refuse(other_kind(object->kind, kind));
  if (text.find('\0') != text.npos) refuse("a name cannot contain NUL");
  if (text.size() < 2) refuse("the name is empty");
  if (text.find('/', 1) != text.npos)
    refuse("a name has one slash, at its beginning", did_you_mean(text, kind, refuse));
  if (text == "/." || text == "/..") refuse("this name is reserved");
  if (text.size() > 256) refuse("the name is longer than 255 bytes");
  if (kind == Kind::shm && (text.starts_with("/sem.") || text.starts_with("/mb.")))
    refuse("names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes");
  return {std::string{text}};
}

SysvKey parse_key(std::string_view text, const Refusal& refuse) {
  const bool has_sign = take_prefix(text, "-");
  const bool is_hexadecimal = !has_sign && (take_prefix(text, "0x") || take_prefix(text, "0X"));
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, is_hexadecimal ? 16 : 10);
  constexpr std::uint32_t sign_bit = 0x80000000;
  if (!is_hexadecimal && text.size() > 1 && text[0] == '0') refuse("a decimal key has no leading zero");
  if (result.ec == std::errc::result_out_of_range || (has_sign && value > sign_bit))
    refuse("a key has 32 bits");
  if (result.ec != std::errc{} || result.ptr != end)
    refuse("a key is 0x and hexadecimal digits, or decimal digits");
  if (value == 0) refuse("a key cannot be 0", "a new object without a key is 'private'");
  return {has_sign ? 0 - value : value};
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

Name parse_name(std::string_view text, Kind kind, const Refusal& refuse) {
  if (kind == Kind::fifo) return FilePath{parse_path(text, refuse)};
  if (text.empty()) refuse("the name is empty");
  if (text[0] == '/') return parse_posix_name(text, kind, refuse);
  if ((kind == Kind::shm || kind == Kind::sem) && take_prefix(text, "file:"))
    return FilePath{parse_path(text, refuse)};
  if (text_of(kind).has_sysv) {
    if (text[0] == '@') return parse_id(text.substr(1), refuse);
    if (take_prefix(text, "ftok:")) return parse_file_key(text, refuse);
    if (text == "private") return SysvPrivate{};
    if (is_digit(text[0]) || is_negative(text)) return parse_key(text, refuse);
  }
  refuse("a name begins with '/'", did_you_mean(text, kind, refuse));
}

// The kind that text begins with, and the text without it.
std::optional<Kind> take_kind(std::string_view& text) {
  for (const auto& kind : all_kinds) {
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
  const bool is_file = reference.kind != Kind::fifo && std::holds_alternative<FilePath>(reference.name);
  return (is_file ? "file:" : "") + std::visit(NameText{}, reference.name);
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept { return text_of(kind).name; }

std::string_view kind_noun(Kind kind) noexcept { return text_of(kind).noun; }

SysvFileKey SysvFileKey::parse(std::string_view path, std::string_view project) {
  return {parse_path(path, Refusal{path, "path"}), parse_project(project, Refusal{project, "project"})};
}

Reference Reference::parse(std::string_view text, Kind expected) {
  const Refusal refuse{text, kind_noun(expected)};
  auto name = text;
  const auto kind = take_kind(name).value_or(expected);
  if (kind != expected) refuse(other_kind(kind, expected));
  return {kind, parse_name(name, kind, refuse)};
}

Reference Reference::parse(std::string_view text, const std::set<Kind>& probable) {
  const Refusal refuse{text, "reference"};
  auto name = text;
  if (const auto kind = take_kind(name)) return {*kind, parse_name(name, *kind, refuse)};
  std::vector<Before> kinds;
  for (const auto& kind : all_kinds)
    if (probable.empty() || probable.contains(kind.kind))
      kinds.push_back({kind.kind, fmt::format("{}:", kind.name)});
  refuse("it does not name its kind", did_you_mean(text, kinds));
}

std::string Reference::to_string() const { return fmt::format("{}:{}", kind_name(kind), name_text(*this)); }

std::string Reference::quoted() const { return quote(name_text(*this)); }

std::string Reference::description() const { return fmt::format("{} {}", kind_noun(kind), quoted()); }

}  // namespace ipcutils
