#include "passed_result.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <nlohmann/json.hpp>

namespace ipcutils::rpccall {

namespace {

// A note is short, and other messages need not be parsed twice.
constexpr std::size_t longest_note = 4096;

[[noreturn]] void refuse(int errnum, std::string reason) {
  throw Error::because(errnum, "cannot take the result that the server passes", std::move(reason));
}

}  // namespace

std::optional<ResultNote> parse_result_note(std::string_view message) {
  if (message.size() > longest_note || json_fault(message)) return std::nullopt;
  const auto json = nlohmann::json::parse(message);
  if (!json.is_object() || !json.contains("id") || !json.contains("memfd")) return std::nullopt;
  const auto& memfd = json["memfd"];
  if (!memfd.is_object() || !memfd.contains("size") || !memfd["size"].is_number_unsigned())
    return std::nullopt;
  return ResultNote{json["id"].dump(), memfd["size"].get<std::uint64_t>(),
                    memfd.contains("raw") && memfd["raw"] == true};
}

PassedResult open_passed_result(const ResultNote& note, std::optional<FileDescriptor> passed,
                                std::size_t max_size) {
  if (!passed) refuse(EBADMSG, "no descriptor came with it");
  PassedResult result{SealedMemory{std::move(*passed)}, note.is_string};
  const auto bytes = result.bytes();
  if (bytes.size() != note.size)
    refuse(EBADMSG, fmt::format("it has {} bytes and not {}", bytes.size(), note.size));
  if (bytes.size() > max_size) refuse(EMSGSIZE, fmt::format("it has {} bytes", bytes.size()));
  if (note.is_string) return result;
  if (const auto fault = json_fault(bytes)) refuse(EBADMSG, fmt::format("it is no JSON: {}", *fault));
  return result;
}

}  // namespace ipcutils::rpccall
