// Addresses, as a command line gives them: KEYWORD[:PARAMETER]…[,OPTION[=VALUE]]…
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keywords.hpp"
#include "options.hpp"

namespace ipcutils::sockcat {

struct AddressSpec {
  const Keyword* keyword;
  std::vector<std::string> parameters;  // as many as the keyword takes; a host without its brackets
  std::vector<OptionValue> options;     // in their order; each fits the keyword

  // The last one of that kind, which is the one that counts; null when it was not given.
  const OptionValue* find(Option::Id id) const;

  // Whether it was given, and not as "=0".
  bool has(Option::Id id) const;

  // What it was set to; nothing when it was not given. The option must have a value of that kind.
  std::optional<bool> flag(Option::Id id) const { return get<bool>(id); }
  std::optional<std::uint64_t> number(Option::Id id) const { return get<std::uint64_t>(id); }
  std::optional<Duration> duration(Option::Id id) const { return get<Duration>(id); }
  std::optional<std::string> text(Option::Id id) const { return get<std::string>(id); }

 private:
  template <typename T>
  std::optional<T> get(Option::Id id) const {
    const auto* found = find(id);
    return found == nullptr ? std::nullopt : std::optional{std::get<T>(found->value)};
  }
};

// One end of the connection: an address, or "READ!!WRITE", one for each direction.
struct EndSpec {
  AddressSpec read;
  std::optional<AddressSpec> write = std::nullopt;  // nothing: the same for both
};

// Throws Error (EINVAL) that names what is wrong, with a hint when something else is near.
EndSpec parse_end(std::string_view text);

}  // namespace ipcutils::sockcat
