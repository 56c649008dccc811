#include "references.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ipcutils/quote.hpp>
#include <ipcutils/transfer.hpp>
#include <span>
#include <string>

#include "output.hpp"

namespace ipcutils::cli {

namespace {

std::string read_standard_input() {
  std::string text;
  std::array<char, 64 * 1024> buffer;
  const Endpoint input{STDIN_FILENO, "standard input"};
  while (const auto count = transfer(input, std::as_writable_bytes(std::span{buffer})))
    text.append(buffer.data(), count);
  return text;
}

}  // namespace

std::vector<Reference> read_references(char terminator, const std::set<Kind>& probable) {
  std::vector<Reference> references;
  const auto text = read_standard_input();
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(terminator, begin), text.size());
    references.push_back(Reference::parse(std::string_view{text}.substr(begin, end - begin), probable));
    begin = end + 1;
  }
  return references;
}

bool print_reference(const Reference& reference, char terminator) {
  const auto text = reference.to_string();
  if (terminator == '\n' && !is_printable(text)) return false;
  print("{}{}", text, terminator);
  return true;
}

}  // namespace ipcutils::cli
