// Names of objects as messages show them.
#pragma once

#include <ipcutils/export.hpp>
#include <string>
#include <string_view>

namespace ipcutils {

// Whether text is well-formed UTF-8 (RFC 3629: shortest forms, no surrogates, nothing above U+10FFFF).
IPCUTILS_EXPORT bool is_utf8(std::string_view text) noexcept;

// Whether text can stand in a line of a terminal as it is: well-formed UTF-8 without control characters.
IPCUTILS_EXPORT bool is_printable(std::string_view text) noexcept;

// Printable text as it is; other text with \n, \t or \NNN (octal) for what is not printable, and doubled
// backslashes.
IPCUTILS_EXPORT std::string escape(std::string_view text);

// The same, so that different texts look different: every backslash is doubled, and invisible characters,
// spaces other than ' ' and a ' ' at the end are escaped, too. Letters that two scripts have alike, and
// combining marks, stay as they are.
IPCUTILS_EXPORT std::string escape_distinctly(std::string_view text);

// Escaped text between single quotes.
IPCUTILS_EXPORT std::string quote(std::string_view text);

}  // namespace ipcutils
