// How bytes get from a source to a sink. Internal.
#pragma once

#include <ipcutils/pump.hpp>
#include <ipcutils/sink.hpp>
#include <ipcutils/source.hpp>
#include <memory>

namespace ipcutils {

// What one attempt has come to, and which end stands in the way.
struct Move {
  enum class Outcome : std::uint8_t {
    moved,
    source_blocked,
    sink_blocked,
    source_ended,
    source_gone,
    sink_gone,
    refused,  // not by this method; another carrier goes on
  };
  Outcome outcome;
  std::uint64_t taken = 0;    // bytes that the source has given
  std::uint64_t written = 0;  // bytes that the sink has accepted
  int errnum = 0;             // of an end that has gone
};

class Carrier {
 public:
  virtual ~Carrier() = default;

  // Moves up to `limit` bytes, or a packet, without waiting. What the source has given and the sink has no
  // room for stays here.
  virtual Move move(Source& from, Sink& to, std::size_t limit) = 0;

  // Whether anything is here, and be it a packet without bytes.
  virtual bool is_loaded() const noexcept { return false; }

  // Makes room for more at a time, where this is a matter of the system's memory.
  virtual void widen() {}

  // Gives the bytes that are here, after a refusal: at most carrier_size.
  virtual std::size_t surrender(std::span<std::byte>) { return 0; }
};

inline constexpr std::size_t carrier_size = 1024 * 1024;

// The fastest for this pair. `filter` may be absent.
std::unique_ptr<Carrier> carrier_for(const Source& from, const Sink& to, const PumpOptions& options);

// Copies through memory, which every pair allows. It goes on with what another carrier holds.
std::unique_ptr<Carrier> copying_carrier_after(Carrier& other, const Source& from, const Sink& to);

}  // namespace ipcutils
