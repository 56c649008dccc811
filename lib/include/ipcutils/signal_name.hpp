// Signals by the names that `kill -l` prints.
#pragma once

#include <csignal>
#include <ipcutils/export.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ipcutils {

// The number of a signal that is written as "TERM", "SIGTERM", "15", "RTMIN+3" or "RTMAX-1", in capitals or
// not. Throws Error (EINVAL) for anything else, and for the two signals that the C library keeps for itself.
// Manual page: signal(7).
IPCUTILS_EXPORT int parse_signal(std::string_view text);

// Several, with commas between. One that is named twice is there once.
IPCUTILS_EXPORT std::vector<int> parse_signals(std::string_view text);

// The name that kill -l prints, without SIG: "TERM", "RTMIN+3", "RTMAX-1". A signal without a name is its
// number.
IPCUTILS_EXPORT std::string signal_name(int signal);

// Those for programs to use as they like, which the kernel queues one by one.
inline bool is_real_time(int signal) noexcept { return signal >= SIGRTMIN; }

// Every signal that a program can send or receive, in the order of their numbers.
IPCUTILS_EXPORT std::vector<int> all_signals();

}  // namespace ipcutils
