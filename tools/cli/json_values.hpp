// What the library tells of objects as JSON, for nlohmann::json, which finds these by their names.
#pragma once

#include <ipcutils/inventory.hpp>
#include <nlohmann/json.hpp>
#include <optional>

namespace ipcutils {

template <typename T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

inline void to_json(nlohmann::ordered_json& json, const Holder& holder) {
  json = {{"pid", holder.pid}, {"command", holder.command}};
}

inline void to_json(nlohmann::ordered_json& json, const MailboxReceiver& receiver) {
  const auto& [pid, command] = receiver.process;
  json = {{"pid", pid != 0 ? nlohmann::ordered_json(pid) : nullptr},
          {"command", command.empty() ? nullptr : nlohmann::ordered_json(command)},
          {"stopped", receiver.is_stopped},
          {"messages", receiver.messages},
          {"lost", receiver.lost}};
}

inline void to_json(nlohmann::ordered_json& json, const SemaphoreState& state) {
  json = {{"value", state.value},
          {"ncount", or_null(state.waiting_to_take)},
          {"zcount", or_null(state.waiting_for_zero)},
          {"pid", or_null(state.last_user)}};
}

}  // namespace ipcutils
