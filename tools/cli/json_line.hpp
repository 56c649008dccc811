// JSON on one line.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace ipcutils::cli {

// A value as JSON without a newline in it. DEL and the C1 control characters are escaped, too: JSON allows
// them as they are, and terminals take them for commands. Bytes that are not UTF-8 become U+FFFD.
std::string json_line(const nlohmann::ordered_json& value);

}  // namespace ipcutils::cli
