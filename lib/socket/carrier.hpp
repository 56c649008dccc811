// What has been taken from a source on its way to a destination. Internal.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "relay_ends.hpp"

namespace ipcutils {

class Carrier {
 public:
  virtual ~Carrier() = default;

  // Takes up to `limit` bytes, or a packet, of a source that is ready.
  virtual StepResult load(Source& from, std::size_t limit) = 0;

  // Hands over what can be written at once.
  virtual StepResult unload(Destination& to) = 0;

  // Whether anything is on its way, and be it a packet without bytes.
  virtual bool is_loaded() const noexcept = 0;

  // Makes room for more at a time, where this is a matter of the system's memory.
  virtual void widen() {}

  // Gives what is on its way to the caller, after a step that was refused: at most carrier_size bytes.
  virtual std::size_t give_back(std::span<std::byte>) { return 0; }
};

inline constexpr std::size_t carrier_size = 1024 * 1024;

// Sees what passes; returns true when `replacement` is to pass instead.
using Filter = std::function<bool(std::span<const std::byte> data, std::string& replacement)>;

// The fastest for this pair. `filter` may be absent.
std::unique_ptr<Carrier> carrier_for(const Source& from, const Destination& to, Filter filter);

// Copies through memory, which every pair allows. It goes on with what another carrier has on its way.
std::unique_ptr<Carrier> copying_carrier_after(Carrier& other, const Source& from, const Destination& to);

}  // namespace ipcutils
