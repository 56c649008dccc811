#include "experiments.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "other_process.hpp"

namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t round_trip_size = 64;  // bytes

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>{Clock::now() - begin}.count();
}

double cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Messages are filled with the low byte of their number.
std::byte filling(long number) { return static_cast<std::byte>(number); }

void send_one(Channel& channel, long number) {
  const std::span<std::byte> message = channel.next();
  std::memset(message.data(), static_cast<int>(filling(number)), message.size());
  channel.send();
}

void receive_one(Channel& channel, const Shape& shape, long number) {
  const std::span<const std::byte> message = channel.receive();
  std::byte difference{message.size() != shape.size};
  for (std::size_t i = 0; i < message.size(); i += cache_line) difference |= message[i] ^ filling(number);
  if (difference != std::byte{0}) throw std::runtime_error{"a message is not what was sent"};
}

void receive_all(Channel& channel, const Shape& shape, long count) {
  for (long number = 0; number < count; ++number) receive_one(channel, shape, number);
}

void send_all(Channel& channel, long count) {
  for (long number = 0; number < count; ++number) send_one(channel, number);
  channel.flush();
}

// So many come before, untimed: caches, buffers and connections are warm then.
long warm_up(long count) { return count / 20 + 1; }

}  // namespace

StreamCost measure_stream(MakeChannel* make, const Shape& shape, long count) {
  const auto channel = make(shape);
  std::vector<OtherProcess> receivers;
  for (unsigned number = 0; number < shape.receivers; ++number)
    receivers.emplace_back([&](const OtherProcess::Report& report) {
      channel->begin_receiving(number);
      receive_all(*channel, shape, warm_up(count));
      report();
      receive_all(*channel, shape, count);
      report();
    });
  channel->begin_sending();
  send_all(*channel, warm_up(count));
  for (OtherProcess& receiver : receivers) receiver.wait_for_report();

  const double cpu_before = cpu_seconds();
  const Clock::time_point begin = Clock::now();
  send_all(*channel, count);
  const double cpu_time = cpu_seconds() - cpu_before;
  for (OtherProcess& receiver : receivers) receiver.wait_for_report();
  return {seconds_since(begin), cpu_time / static_cast<double>(count)};
}

double measure_round_trip(MakeChannel* make, long count, double percentile) {
  const Shape shape{round_trip_size, 1};
  const auto there = make(shape);
  const auto back = make(shape);
  const long all = warm_up(count) + count;
  const OtherProcess echo{[&](const OtherProcess::Report&) {
    there->begin_receiving(0);
    back->begin_sending();
    for (long number = 0; number < all; ++number) {
      receive_one(*there, shape, number);
      send_one(*back, number);
      back->flush();
    }
  }};
  back->begin_receiving(0);
  there->begin_sending();
  std::vector<double> durations;
  durations.reserve(static_cast<std::size_t>(all));
  for (long number = 0; number < all; ++number) {
    const Clock::time_point begin = Clock::now();
    send_one(*there, number);
    there->flush();
    receive_one(*back, shape, number);
    durations.push_back(seconds_since(begin));
  }
  durations.erase(durations.begin(), durations.begin() + warm_up(count));
  const auto rank = durations.begin() + static_cast<long>(static_cast<double>(count - 1) * percentile / 100);
  std::nth_element(durations.begin(), rank, durations.end());
  return *rank;
}
