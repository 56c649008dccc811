// Numbers on the command lines of the replacements, taken as the originals take them: leading blanks and a
// sign are allowed. What is no number ends the tool with the original's message.
#pragma once

#include <cstdint>
#include <string>

namespace ipcutils::compat {

// A decimal number of 32 bits. `failure` begins the message: "failed to parse id argument".
int parse_int(const char* text, const char* failure);

// A key: decimal, 0x… or 0…; of a longer number, its lower half.
std::uint32_t parse_key(const char* text, const char* failure);

// Octal permission bits, and whatever else is given with them.
int parse_mode(const char* text);

// Bytes, with an optional fraction and unit: K or KiB … for powers of 1024, KB … for those of 1000.
std::uint64_t parse_size(const char* text);

}  // namespace ipcutils::compat
