// What a sender knows of the receivers of a mailbox. Internal.
#pragma once

#include <cstdint>

#include "participant.hpp"

namespace ipcutils::mailbox {

// The lowest position that a receiver may still read; `head` without receivers. Needs the turn.
std::uint64_t lowest_cursor(Participant& sender, std::uint64_t head) noexcept;

// Forgets receivers below a position whose processes have died. Needs the turn.
void forget_dead(Participant& sender, std::uint64_t position);

// How many receivers have joined and live.
unsigned count_receivers(Participant& sender);

}  // namespace ipcutils::mailbox
