// messages stream|sender-time METHOD SIZE COUNT RECEIVERS, messages round-trip METHOD COUNT PERCENTILE: what
// messages cost from process to process, by a mailbox and by other means. Prints seconds: those that COUNT
// messages of SIZE bytes take, the CPU time that the sender spends on one, or the duration of a round trip.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "experiments.hpp"

namespace {

struct Method {
  std::string_view name;
  MakeChannel* make;
};

constexpr Method methods[] = {
    {"mailbox", make_mailbox},
    {"mailbox-batch", make_mailbox_batch},
    {"mailbox-in-place", make_mailbox_in_place},
    {"mailbox-spinning", make_mailbox_spinning},
    {"pipe", make_pipe},
    {"socket", make_socket},
    {"queue", make_queue},
#ifdef HAVE_ZEROMQ
    {"zeromq", make_zeromq},
#endif
#ifdef HAVE_NNG
    {"nng", make_nng},
#endif
#ifdef HAVE_BOOST
    {"boost", make_boost},
#endif
    {"ring", make_ring},
    {"futex", make_futex},
};

MakeChannel* find_method(std::string_view name) {
  for (const Method& method : methods)
    if (method.name == name) return method.make;
  throw std::invalid_argument{"not built with the method " + std::string{name}};
}

double measure(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "round-trip" && argc == 5)
    return measure_round_trip(find_method(argv[2]), std::stol(argv[3]), std::stod(argv[4]));
  if ((what == "stream" || what == "sender-time") && argc == 6) {
    const Shape shape{std::stoul(argv[3]), static_cast<unsigned>(std::stoul(argv[5]))};
    const StreamCost cost = measure_stream(find_method(argv[2]), shape, std::stol(argv[4]));
    return what == "stream" ? cost.elapsed : cost.sender_cpu_time;
  }
  throw std::invalid_argument{
      "usage: messages stream|sender-time METHOD SIZE COUNT RECEIVERS\n"
      "       messages round-trip METHOD COUNT PERCENTILE"};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::printf("%.9f\n", measure(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "messages: %s\n", error.what());
    return 1;
  }
}
