#include <semop/semaphore_action.hpp>
#include <string>

#include "property.hpp"

using namespace ipcutils;

namespace {

std::string text_of(const semop::SemaphoreAction& action) {
  if (const auto* value = std::get_if<semop::SemaphoreValue>(&action))
    return std::to_string(value->number) + ":=" + std::to_string(value->value);
  const auto& operation = std::get<SemaphoreOperation>(action);
  return std::to_string(operation.number) + (operation.delta > 0 ? ":+" : ":") +
         std::to_string(operation.delta);
}

bool is_within_bounds(const semop::SemaphoreAction& action) {
  if (const auto* value = std::get_if<semop::SemaphoreValue>(&action))
    return value->number <= 65535 && value->value <= 2147483647;
  const auto& operation = std::get<SemaphoreOperation>(action);
  return operation.number <= 65535 && operation.delta >= -32768 && operation.delta <= 32767;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = ipcutils::text_of(data, size);
  const auto action = parsed([&] { return semop::parse_semaphore_action(text); });
  if (!action) return 0;
  require(text.find_first_not_of("0123456789:+-=") == text.npos,
          "an operation has digits, signs, ':' and '='");
  require(is_within_bounds(*action), "an operation is within its bounds");
  require(semop::parse_semaphore_action(text_of(*action)) == *action,
          "an operation comes back from its text");
  if (text.find(':') == text.npos)
    require(semop::parse_semaphore_action("0:" + std::string{text}) == *action, "the number is 0 by default");
  return 0;
}
