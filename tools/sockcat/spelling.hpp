// Names as people write them, and as messages show them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ipcutils::sockcat {

// In lower case, of ASCII alone.
std::string folded(std::string_view name);

// The words of a text that spaces separate.
std::vector<std::string_view> words_of(std::string_view text);

// Whether it is the name or one of the aliases, which spaces separate.
bool has_spelling(std::string_view name, std::string_view aliases, std::string_view it);

// All names and aliases of a table.
template <typename Rows>
std::vector<std::string_view> spellings_of(const Rows& rows) {
  std::vector<std::string_view> spellings;
  for (const auto& row : rows) {
    spellings.push_back(row.name);
    for (const auto alias : words_of(row.aliases)) spellings.push_back(alias);
  }
  return spellings;
}

// Quoted and printable, and no longer than what one can read.
std::string shown(std::string_view text);

// The candidate that is a few slips of the fingers (a letter wrong, missing, too much, or two of them
// exchanged) away from the name; empty when there is none, or the name is too short to tell.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

// "did you mean 'tcp'?", or nothing when nothing is near.
std::string spelling_hint(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace ipcutils::sockcat
