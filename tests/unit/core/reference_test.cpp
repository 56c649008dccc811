#include <ipcutils/reference.hpp>
#include <string>

#include "catch.hpp"
#include "error_of.hpp"

using namespace ipcutils;
using namespace std::string_literals;

namespace {

struct Form {
  std::string text;
  Reference reference;
  std::string canonical;
};

struct Refused {
  std::string text;
  std::optional<Kind> expected;
  std::string reason;
  std::string hint;
};

Reference parse(const std::string& text, std::optional<Kind> expected) {
  return expected ? Reference::parse(text, *expected) : Reference::parse(text);
}

const Kind every_kind[] = {Kind::shm, Kind::mq, Kind::sem, Kind::mb, Kind::fifo};

}  // namespace

TEST_CASE("reference: every form, canonical and back") {
  const auto form = GENERATE(values<Form>({
      {"shm:/frame", {Kind::shm, PosixName{"/frame"}}, "shm:/frame"},
      {"mq:/jobs", {Kind::mq, PosixName{"/jobs"}}, "mq:/jobs"},
      {"sem:/lock", {Kind::sem, PosixName{"/lock"}}, "sem:/lock"},
      {"mb:/news", {Kind::mb, PosixName{"/news"}}, "mb:/news"},
      {"shm:/a:b@c", {Kind::shm, PosixName{"/a:b@c"}}, "shm:/a:b@c"},
      {"shm:/a\nb", {Kind::shm, PosixName{"/a\nb"}}, "shm:/a\nb"},
      {"shm:/...", {Kind::shm, PosixName{"/..."}}, "shm:/..."},
      {"mq:/sem.x", {Kind::mq, PosixName{"/sem.x"}}, "mq:/sem.x"},
      {"shm:0x2a", {Kind::shm, SysvKey{42}}, "shm:0x0000002a"},
      {"shm:0X2A", {Kind::shm, SysvKey{42}}, "shm:0x0000002a"},
      {"mq:42", {Kind::mq, SysvKey{42}}, "mq:0x0000002a"},
      {"sem:4294967295", {Kind::sem, SysvKey{0xffffffff}}, "sem:0xffffffff"},
      {"sem:0xffffffff", {Kind::sem, SysvKey{0xffffffff}}, "sem:0xffffffff"},
      {"shm:0x000000001", {Kind::shm, SysvKey{1}}, "shm:0x00000001"},
      {"sem:-1", {Kind::sem, SysvKey{0xffffffff}}, "sem:0xffffffff"},
      {"shm:-2147483648", {Kind::shm, SysvKey{0x80000000}}, "shm:0x80000000"},
      {"shm:@0", {Kind::shm, SysvId{0}}, "shm:@0"},
      {"mq:@2147483647", {Kind::mq, SysvId{2147483647}}, "mq:@2147483647"},
      {"shm:ftok:/etc/passwd", {Kind::shm, SysvFileKey{"/etc/passwd", 1}}, "shm:ftok:/etc/passwd:1"},
      {"shm:ftok:/etc/passwd:A", {Kind::shm, SysvFileKey{"/etc/passwd", 65}}, "shm:ftok:/etc/passwd:65"},
      {"shm:ftok:/etc/passwd:7", {Kind::shm, SysvFileKey{"/etc/passwd", 7}}, "shm:ftok:/etc/passwd:7"},
      {"sem:ftok:/a:b:255", {Kind::sem, SysvFileKey{"/a:b", 255}}, "sem:ftok:/a:b:255"},
      {"shm:ftok:rel:\xff", {Kind::shm, SysvFileKey{"rel", 255}}, "shm:ftok:rel:255"},
      {"mq:private", {Kind::mq, SysvPrivate{}}, "mq:private"},
      {"shm:file:/tmp/x", {Kind::shm, FilePath{"/tmp/x"}}, "shm:file:/tmp/x"},
      {"shm:file:a:b", {Kind::shm, FilePath{"a:b"}}, "shm:file:a:b"},
      {"sem:file:/tmp/x", {Kind::sem, FilePath{"/tmp/x"}}, "sem:file:/tmp/x"},
      {"fifo:/tmp/pipe", {Kind::fifo, FilePath{"/tmp/pipe"}}, "fifo:/tmp/pipe"},
      {"fifo:@12", {Kind::fifo, FilePath{"@12"}}, "fifo:@12"},
      {"fifo:fifo:x", {Kind::fifo, FilePath{"fifo:x"}}, "fifo:fifo:x"},
  }));
  CAPTURE(form.text);
  const auto reference = Reference::parse(form.text);
  CHECK(reference == form.reference);
  CHECK(reference.to_string() == form.canonical);
  CHECK(Reference::parse(reference.to_string()) == reference);
  CHECK(Reference::parse(form.text, reference.kind) == reference);
}

TEST_CASE("reference: the kind may be left out where it is expected") {
  CHECK(Reference::parse("/frame", Kind::shm) == Reference{Kind::shm, PosixName{"/frame"}});
  CHECK(Reference::parse("@7", Kind::mq) == Reference{Kind::mq, SysvId{7}});
  CHECK(Reference::parse("pipe", Kind::fifo) == Reference{Kind::fifo, FilePath{"pipe"}});
  CHECK(Reference::parse("ftok:/x", Kind::sem) == Reference{Kind::sem, SysvFileKey{"/x", 1}});
  CHECK(Reference::parse("file:x", Kind::shm) == Reference{Kind::shm, FilePath{"x"}});
}

TEST_CASE("reference: names of 255 bytes and not more") {
  const auto name = "/" + std::string(255, 'n');
  CHECK(Reference::parse("shm:" + name).name == Name{PosixName{name}});
  CHECK(error_of([&] { Reference::parse("shm:" + name + "n"); }).reason() ==
        "the name is longer than 255 bytes");
}

TEST_CASE("reference: refusals with their reason and hint") {
  const auto row = GENERATE(values<Refused>({
      {"", Kind::shm, "the name is empty", ""},
      {"shm:", {}, "the name is empty", ""},
      {"/", Kind::mq, "the name is empty", ""},
      {"frame", Kind::shm, "a name begins with '/'", "did you mean '/frame'?"},
      {"/a/b", Kind::shm, "a name has one slash, at its beginning",
       "did you mean the key of that path 'ftok:/a/b' or that file 'file:/a/b'?"},
      {"/tmp/lock", Kind::sem, "a name has one slash, at its beginning",
       "did you mean the key of that path 'ftok:/tmp/lock' or that file 'file:/tmp/lock'?"},
      {"sem:/tmp/lock",
       {},
       "a name has one slash, at its beginning",
       "did you mean the key of that path 'sem:ftok:/tmp/lock' or that file 'sem:file:/tmp/lock'?"},
      {"./lock", Kind::sem, "a name begins with '/'",
       "did you mean the key of that path 'ftok:./lock' or that file 'file:./lock'?"},
      {"dir/lock", Kind::sem, "a name begins with '/'",
       "did you mean the key of that path 'ftok:dir/lock' or that file 'file:dir/lock'?"},
      {"/a/b:c", Kind::mq, "a name has one slash, at its beginning",
       "did you mean the key of that path 'ftok:/a/b:c:1'?"},
      {"//a", Kind::shm, "a name has one slash, at its beginning", ""},
      {"/a/", Kind::sem, "a name has one slash, at its beginning", ""},
      {"/dev/shm/frame", Kind::shm, "a name has one slash, at its beginning", "did you mean '/frame'?"},
      {"/dev/mqueue/jobs", Kind::mq, "a name has one slash, at its beginning", "did you mean '/jobs'?"},
      {"/dev/shm/sem.lock", Kind::sem, "a name has one slash, at its beginning", "did you mean '/lock'?"},
      {"/dev/shm/frame", Kind::mq, "its kind is 'shm', where 'mq' is wanted", ""},
      {"/dev/shm/frame", Kind::sem, "its kind is 'shm', where 'sem' is wanted", ""},
      {"/dev/shm/sem.lock", Kind::shm, "its kind is 'sem', where 'shm' is wanted", ""},
      {"/dev/shm/mb.news", Kind::shm, "its kind is 'mb', where 'shm' is wanted", ""},
      {"/dev/mqueue/jobs", Kind::shm, "its kind is 'mq', where 'shm' is wanted", ""},
      {"mq:/dev/shm/frame", {}, "its kind is 'shm', where 'mq' is wanted", ""},
      {"/dev/shm/", Kind::shm, "a name has one slash, at its beginning", ""},
      {"/dev/shm/a/b", Kind::shm, "a name has one slash, at its beginning",
       "did you mean the key of that path 'ftok:/dev/shm/a/b' or that file 'file:/dev/shm/a/b'?"},
      {"/dev/shmx/y", Kind::sem, "a name has one slash, at its beginning",
       "did you mean the key of that path 'ftok:/dev/shmx/y' or that file 'file:/dev/shmx/y'?"},
      {"/.", Kind::shm, "this name is reserved", ""},
      {"/..", Kind::mq, "this name is reserved", ""},
      {"/a\0b"s, Kind::shm, "a name cannot contain NUL", ""},
      {"/sem.x", Kind::shm, "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes", ""},
      {"/mb.x", Kind::shm, "names that begin with '/sem.' or '/mb.' belong to semaphores and mailboxes", ""},
      {"0", Kind::shm, "a key cannot be 0", "a new object without a key is 'private'"},
      {"0x0", Kind::mq, "a key cannot be 0", "a new object without a key is 'private'"},
      {"00", Kind::shm, "a decimal key has no leading zero", ""},
      {"012", Kind::shm, "a decimal key has no leading zero", ""},
      {"0x", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"0x-1", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"0xfg", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"12 ", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"0x0x1", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"4294967296", Kind::shm, "a key has 32 bits", ""},
      {"0x100000000", Kind::shm, "a key has 32 bits", ""},
      {"@", Kind::shm, "an identifier is '@' and decimal digits", ""},
      {"@-1", Kind::shm, "an identifier is '@' and decimal digits", ""},
      {"@+1", Kind::shm, "an identifier is '@' and decimal digits", ""},
      {"@x", Kind::shm, "an identifier is '@' and decimal digits", ""},
      {"@1x", Kind::mq, "an identifier is '@' and decimal digits", ""},
      {"@0x1", Kind::mq, "an identifier is '@' and decimal digits", ""},
      {"@2147483648", Kind::shm, "the identifier is too large", ""},
      {"ftok:", Kind::shm, "the path is empty", ""},
      {"ftok::5", Kind::shm, "the path is empty", ""},
      {"ftok:/x:", Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x:0", Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x:256", Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x:99999999999999999999", Kind::shm, "a project is one character, or a number from 1 to 255",
       ""},
      {"ftok:/x:AB", Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x:-1", Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x:\0"s, Kind::shm, "a project is one character, or a number from 1 to 255", ""},
      {"ftok:/x\0y"s, Kind::shm, "a path cannot contain NUL", ""},
      {"file:", Kind::shm, "the path is empty", ""},
      {"file:a\0b"s, Kind::shm, "a path cannot contain NUL", ""},
      {"", Kind::fifo, "the path is empty", ""},
      {"fifo:", {}, "the path is empty", ""},
      {"-0", Kind::shm, "a key cannot be 0", "a new object without a key is 'private'"},
      {"-012", Kind::shm, "a decimal key has no leading zero", ""},
      {"-2147483649", Kind::shm, "a key has 32 bits", ""},
      {"-0x5", Kind::shm, "a decimal key has no leading zero", ""},
      {"-5x", Kind::shm, "a key is 0x and hexadecimal digits, or decimal digits", ""},
      {"--5", Kind::shm, "a name begins with '/'", "did you mean '/--5'?"},
      {"-x", Kind::shm, "a name begins with '/'", "did you mean '/-x'?"},
      {"Private", Kind::shm, "a name begins with '/'", "did you mean '/Private'?"},
      // What only some kinds have.
      {"@5", Kind::mb, "a name begins with '/'", ""},
      {"file:/x", Kind::mq, "a name begins with '/'", ""},
      {"ftok:/x", Kind::mb, "a name begins with '/'", ""},
      // Kinds.
      {"mq:/x", Kind::shm, "its kind is 'mq', where 'shm' is wanted", ""},
      {"fifo:/x", Kind::sem, "its kind is 'fifo', where 'sem' is wanted", ""},
      {"/frame",
       {},
       "it does not name its kind",
       "did you mean 'shm:/frame', 'mq:/frame', 'sem:/frame' or 'mb:/frame'?"},
      {"frame",
       {},
       "it does not name its kind",
       "did you mean 'shm:/frame', 'mq:/frame', 'sem:/frame' or 'mb:/frame'?"},
      {"0x2a", {}, "it does not name its kind", "did you mean 'shm:0x2a', 'mq:0x2a' or 'sem:0x2a'?"},
      {"-5", {}, "it does not name its kind", "did you mean 'shm:-5', 'mq:-5' or 'sem:-5'?"},
      {"@2", {}, "it does not name its kind", "did you mean 'shm:@2', 'mq:@2' or 'sem:@2'?"},
      {"2",
       {},
       "it does not name its kind",
       "did you mean the identifier 'shm:@2', 'mq:@2' or 'sem:@2', or the key 'shm:2', 'mq:2' or 'sem:2'?"},
      {"/sem.x", {}, "it does not name its kind", "did you mean 'mq:/sem.x', 'sem:/sem.x' or 'mb:/sem.x'?"},
      {"/dev/mqueue/q", {}, "it does not name its kind", "did you mean 'mq:/q'?"},
      {"/dev/shm/sem.x", {}, "it does not name its kind", "did you mean 'sem:/x'?"},
      {"file:/x", {}, "it does not name its kind", "did you mean 'shm:file:/x' or 'sem:file:/x'?"},
      {"queue:/x", {}, "it does not name its kind", ""},
      {"./pipe",
       {},
       "it does not name its kind",
       "did you mean the key of that path 'shm:ftok:./pipe', 'mq:ftok:./pipe' or 'sem:ftok:./pipe', that "
       "file 'shm:file:./pipe' or 'sem:file:./pipe', or that FIFO 'fifo:./pipe'?"},
  }));
  CAPTURE(row.text);
  const auto error = error_of([&] { parse(row.text, row.expected); });
  CHECK(error.code() == std::errc::invalid_argument);
  CHECK(error.reason() == row.reason);
  CHECK(error.hint() == row.hint);
}

TEST_CASE("reference: a refusal names the text and what it was to be") {
  CHECK(error_of([] { Reference::parse("a\nb/", Kind::mq); }).attempt() ==
        R"(invalid message queue 'a\nb/')");
  CHECK(error_of([] { Reference::parse("x"); }).attempt() == "invalid reference 'x'");
}

TEST_CASE("reference: what a hint proposes is accepted in the same place") {
  struct Row {
    std::string text;
    std::optional<Kind> expected;
  };
  const auto row = GENERATE(values<Row>({{"frame", Kind::shm},
                                         {"/dev/shm/frame", Kind::shm},
                                         {"/frame", {}},
                                         {"@5", {}},
                                         {"frame", {}},
                                         {"", {}},
                                         {"queue:/x", {}},
                                         {"/a/b", {}},
                                         {"shm:frame", {}},
                                         {"shm:/dev/shm/frame", {}},
                                         {"mq:/dev/mqueue/jobs", {}},
                                         {"sem.x", Kind::shm},
                                         {"..", Kind::shm},
                                         {"/dev/shm/sem.x", Kind::shm},
                                         {"/dev/shm/..", Kind::shm},
                                         {"2", {}},
                                         {"012", {}},
                                         {"-5", {}},
                                         {"./pipe", {}},
                                         {"/a/b:c", Kind::sem},
                                         {"/a/b:c", {}},
                                         {"/tmp/lock", {}}}));
  CAPTURE(row.text);
  const auto hint = error_of([&] { parse(row.text, row.expected); }).hint();
  CAPTURE(hint);
  for (auto begin = hint.find('\''); begin != hint.npos;) {
    const auto end = hint.find('\'', begin + 1);
    CHECK_NOTHROW(parse(hint.substr(begin + 1, end - begin - 1), row.expected));
    begin = hint.find('\'', end + 1);
  }
}

TEST_CASE("reference: where kinds are probable, a hint proposes no other") {
  struct Row {
    std::string text;
    std::set<Kind> probable;
    std::string hint;
  };
  const auto row = GENERATE(values<Row>({
      {"2", {Kind::sem}, "did you mean the identifier 'sem:@2' or the key 'sem:2'?"},
      {"@2", {Kind::sem}, "did you mean 'sem:@2'?"},
      {"/q", {Kind::mq}, "did you mean 'mq:/q'?"},
      {"q", {Kind::mq, Kind::sem}, "did you mean 'mq:/q' or 'sem:/q'?"},
      {"12",
       {Kind::shm, Kind::sem},
       "did you mean the identifier 'shm:@12' or 'sem:@12', or the key 'shm:12' or 'sem:12'?"},
      {"/tmp/x",
       {Kind::shm},
       "did you mean the key of that path 'shm:ftok:/tmp/x' or that file 'shm:file:/tmp/x'?"},
      {"/dev/shm/x", {Kind::mq}, ""},
      {"/dev/mqueue/x", {Kind::mq}, "did you mean 'mq:/x'?"},
  }));
  CAPTURE(row.text);
  const auto error = error_of([&] { Reference::parse(row.text, row.probable); });
  CHECK(error.reason() == "it does not name its kind");
  CHECK(error.hint() == row.hint);
}

TEST_CASE("reference: quoted shows the name alone, escaped") {
  CHECK(Reference::parse("shm:/frame").quoted() == "'/frame'");
  CHECK(Reference::parse("mq:@12").quoted() == "'@12'");
  CHECK(Reference::parse("shm:file:/tmp/x").quoted() == "'file:/tmp/x'");
  CHECK(Reference::parse("shm:/a\x1b[1m").quoted() == R"('/a\033[1m')");
  CHECK(Reference::parse("sem:ftok:/x:A").quoted() == "'ftok:/x:65'");
}

TEST_CASE("reference: the path and project of ftok on their own") {
  CHECK(SysvFileKey::parse("/a:b", "A") == SysvFileKey{"/a:b", 65});
  CHECK(SysvFileKey::parse("/x", ":") == SysvFileKey{"/x", 58});
  CHECK(SysvFileKey::parse("/x", "255") == SysvFileKey{"/x", 255});
  CHECK(error_of([] { SysvFileKey::parse("", "1"); }).what() == "invalid path '': the path is empty"s);
  CHECK(error_of([] { SysvFileKey::parse("/x", ""); }).attempt() == "invalid project ''");
}

TEST_CASE("reference: kinds have names and nouns") {
  for (const auto kind : every_kind) {
    CHECK_FALSE(kind_noun(kind).empty());
    CHECK(Reference::parse(std::string{kind_name(kind)} + ":/x").kind == kind);
  }
  CHECK(kind_noun(Kind::mq) == "message queue");
}
