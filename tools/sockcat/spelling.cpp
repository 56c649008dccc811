#include "spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ipcutils/quote.hpp>

namespace ipcutils::sockcat {

namespace {

constexpr std::size_t max_shown = 64;
constexpr std::size_t max_name = 32;  // no name is longer

// The fewest slips that make one of the other: the optimal string alignment distance. Names must fit.
std::size_t distance(std::string_view from, std::string_view to) {
  std::array<std::array<std::size_t, max_name + 1>, max_name + 1> slips{};
  for (std::size_t i = 0; i <= from.size(); ++i)
    for (std::size_t j = 0; j <= to.size(); ++j) {
      auto& least = slips[i][j];
      if (i == 0 || j == 0) {
        least = i + j;
        continue;
      }
      const std::size_t wrong = from[i - 1] == to[j - 1] ? 0 : 1;
      least = std::min({slips[i - 1][j] + 1, slips[i][j - 1] + 1, slips[i - 1][j - 1] + wrong});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        least = std::min(least, slips[i - 2][j - 2] + 1);
    }
  return slips[from.size()][to.size()];
}

}  // namespace

std::string folded(std::string_view name) {
  std::string lower{name};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

bool has_spelling(std::string_view name, std::string_view aliases, std::string_view it) {
  const auto is_it = [it](std::string_view alias) { return alias == it; };
  return it == name || std::ranges::any_of(words_of(aliases), is_it);
}

std::string shown(std::string_view text) {
  if (text.size() <= max_shown) return quote(text);
  return fmt::format("'{}…'", escape(text.substr(0, max_shown)));
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.size() > max_name) return {};
  std::string_view best;
  std::size_t fewest = std::min<std::size_t>(2, name.size() / 3) + 1;
  for (const auto candidate : candidates) {
    if (candidate.size() > max_name) continue;
    const auto slips = distance(name, candidate);
    if (slips >= fewest) continue;
    fewest = slips;
    best = candidate;
  }
  return best;
}

std::string spelling_hint(std::string_view name, const std::vector<std::string_view>& candidates) {
  const auto near = nearest(folded(name), candidates);
  return near.empty() ? std::string{} : fmt::format("did you mean {}?", quote(near));
}

}  // namespace ipcutils::sockcat
