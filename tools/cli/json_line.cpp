#include "json_line.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace ipcutils::cli {

std::string json_line(const nlohmann::ordered_json& value) {
  const auto text = value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  constexpr std::string_view leads = "\x7f\xc2";  // DEL, and the first of two bytes of U+0080 to U+00BF
  std::string line;
  std::string_view rest{text};
  for (;;) {
    const auto lead = rest.find_first_of(leads);
    line += rest.substr(0, lead);
    if (lead == rest.npos) return line;
    rest.remove_prefix(lead);
    const auto bytes = rest.substr(0, rest[0] == leads[0] ? 1 : 2);
    const auto code_point = static_cast<unsigned char>(bytes.back());  // of these, it is the last byte
    if (code_point < 0xA0)
      line += fmt::format("\\u{:04x}", code_point);
    else
      line += bytes;
    rest.remove_prefix(bytes.size());
  }
}

}  // namespace ipcutils::cli
