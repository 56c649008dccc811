// Sizes for people.
#pragma once

#include <cstdint>
#include <string>

namespace ipcutils::cli {

// Bytes in the largest unit of 1024 that they fill, with a tenth if there is one, as lsipc(1) shows them:
// "512B", "12.1K", "1G".
std::string human_size(std::uint64_t bytes);

// The number of bytes, or that.
enum class Sizes { exact, human };
std::string size_text(std::uint64_t bytes, Sizes sizes);

}  // namespace ipcutils::cli
