// What is measured of a channel. All figures are seconds.
#pragma once

#include "channel.hpp"

struct StreamCost {
  double elapsed;          // from the first message until every receiver has the last one
  double sender_cpu_time;  // of the sender, a message
};

// Sends so many messages as fast as it can. The sender writes every byte, and the receivers look at every
// cache line.
StreamCost measure_stream(MakeChannel* make, const Shape& shape, long count);

// Sends a message to another process and waits for the reply, so many times; the duration that PERCENTILE of
// a hundred did not exceed.
double measure_round_trip(MakeChannel* make, long count, double percentile);
