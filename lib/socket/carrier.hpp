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
};

// Sees what passes; returns true when `replacement` is to pass instead.
using Filter = std::function<bool(std::span<const std::byte> data, std::string& replacement)>;

// The fastest for this pair. `filter` may be absent.
std::unique_ptr<Carrier> carrier_for(const Source& from, const Destination& to, Filter filter);

// Copies through memory, which every pair allows.
std::unique_ptr<Carrier> copying_carrier(const Source& from, const Destination& to, Filter filter);

}  // namespace ipcutils
