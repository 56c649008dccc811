#include <ipcutils/reference.hpp>

#include "property.hpp"

using namespace ipcutils;

namespace {

constexpr std::optional<Kind> kinds[] = {std::nullopt, Kind::shm, Kind::mq, Kind::sem, Kind::mb, Kind::fifo};

struct Bounds {
  bool operator()(const PosixName& name) const {
    return name.text.size() >= 2 && name.text.size() <= 256 && name.text.rfind('/') == 0 &&
           name.text.find('\0') == std::string::npos;
  }
  bool operator()(const SysvKey& key) const { return key.value != 0; }
  bool operator()(const SysvId& id) const { return id.value >= 0; }
  bool operator()(const SysvFileKey& key) const {
    return key.project >= 1 && key.project <= 255 && !key.path.empty() &&
           key.path.find('\0') == std::string::npos;
  }
  bool operator()(const SysvPrivate&) const { return true; }
  bool operator()(const FilePath& path) const {
    return !path.text.empty() && path.text.find('\0') == std::string::npos;
  }
};

void check(std::string_view text, std::optional<Kind> expected) {
  const auto reference =
      parsed([&] { return expected ? Reference::parse(text, *expected) : Reference::parse(text); });
  if (!reference) return;
  require(!expected || reference->kind == *expected, "the kind is the expected one");
  require(std::visit(Bounds{}, reference->name), "a name is within its bounds");
  require(is_printable(reference->quoted()), "a quoted name is printable");
  const auto canonical = reference->to_string();
  const auto again = parsed([&] { return Reference::parse(canonical); });
  require(again == reference, "canonical text comes back as the same reference");
  require(again->to_string() == canonical, "canonical text stays as it is");
  const auto of_kind = parsed([&] { return Reference::parse(canonical, reference->kind); });
  require(of_kind == reference, "canonical text is taken where its kind is expected");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto& kind : kinds) check(text_of(data, size), kind);
  return 0;
}
