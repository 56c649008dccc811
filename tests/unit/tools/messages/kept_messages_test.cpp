#include "messages/kept_messages.hpp"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace ipcutils;
using messages::Keep;
using messages::KeptMessages;

namespace {

void add(KeptMessages& kept, std::string_view text, const MessageProperties& properties = {}) {
  kept.reserve(text.size());
  kept.add({std::as_bytes(std::span{text}), properties});
}

std::vector<std::string> texts(KeptMessages& kept, std::size_t from = 0) {
  std::vector<std::string> result;
  for (const auto& message : kept.from(from))
    result.emplace_back(reinterpret_cast<const char*>(message.data.data()), message.data.size());
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("kept messages: they are copies, with their properties, in order") {
  KeptMessages kept{Keep::copies};
  CHECK(texts(kept).empty());
  std::string text = "one";
  add(kept, text, {.priority = 5});
  text = "???";
  add(kept, {"\0", 1});
  add(kept, "", {.type = 6});
  CHECK(kept.bytes() == 4);
  CHECK((texts(kept) == Texts{"one", std::string(1, '\0'), ""}));
  const auto messages = kept.from(0);
  CHECK((messages[0].properties == MessageProperties{.priority = 5}));
  CHECK((messages[2].properties == MessageProperties{.type = 6}));
}

TEST_CASE("kept messages: those from one on, and none behind the last") {
  KeptMessages kept{Keep::copies};
  for (const auto* text : {"one", "two", "three"}) add(kept, text);
  CHECK((texts(kept, 1) == Texts{"two", "three"}));
  CHECK(texts(kept, 3).empty());
}

TEST_CASE("kept messages: the last one can be dropped, and all of them") {
  KeptMessages kept{Keep::copies};
  for (const auto* text : {"one", "two"}) add(kept, text);
  kept.drop_last();
  CHECK((texts(kept) == Texts{"one"}));
  CHECK(kept.bytes() == 3);
  add(kept, "three");
  CHECK((texts(kept) == Texts{"one", "three"}));
  kept.clear();
  CHECK(texts(kept).empty());
  CHECK(kept.bytes() == 0);
  add(kept, "four");
  kept.drop_last();
  CHECK(texts(kept).empty());
}

TEST_CASE("kept messages: what was reserved is there, so that views stay where they are") {
  KeptMessages kept{Keep::copies};
  kept.reserve(100'000);
  add(kept, "x");
  const auto* const first = kept.from(0)[0].data.data();
  const std::string rest(99'000, 'y');
  kept.add({std::as_bytes(std::span{std::string_view{rest}}).subspan(0, 0), {}});
  CHECK(kept.from(0)[0].data.data() == first);
}

TEST_CASE("kept messages: of what takes none back nothing is kept, and no memory is needed") {
  KeptMessages kept{Keep::nothing};
  kept.reserve(std::numeric_limits<std::size_t>::max());
  add(kept, "one");
  kept.drop_last();
  add(kept, "two");
  CHECK(kept.bytes() == 0);
  CHECK(texts(kept).empty());
}
