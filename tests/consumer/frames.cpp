// Moves video frames of 1920 x 1080 points from a camera to a display, without copying one: the camera draws
// each frame in the mailbox, and the display reads it there. It ends with 0 if every frame arrived whole.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ipcutils/error.hpp>
#include <ipcutils/mailbox.hpp>
#include <string>

using namespace ipcutils;

namespace {

constexpr std::size_t frame_size = 1920 * 1080 * 4;
constexpr unsigned frame_count = 30;

std::byte colour_of(unsigned frame) { return static_cast<std::byte>(frame * 8); }

void camera(const Reference& reference) {
  auto sender = Mailbox::Sender::open(reference);
  sender.wait_for_receivers(1, Deadline::never());
  for (unsigned frame = 0; frame < frame_count; ++frame) {
    auto loan = sender.loan(frame_size, Deadline::never());
    std::ranges::fill(loan->data(), colour_of(frame));
    loan->commit();
  }
}

bool display(const Reference& reference) {
  auto receiver = Mailbox::Receiver::open(reference, StartAt::now);
  for (unsigned frame = 0; frame < frame_count; ++frame) {
    const auto message = receiver.receive(Deadline::never());
    const auto is_whole =
        std::ranges::all_of(message->data, [=](auto point) { return point == colour_of(frame); });
    if (message->data.size() != frame_size || !is_whole) return false;
  }
  return true;
}

}  // namespace

int main() try {
  const auto reference = Reference::parse("mb:/frames-" + std::to_string(::getpid()));
  Mailbox::create(reference, {.size = 2 * frame_size});
  const auto child = ::fork();
  if (child == 0) ::_exit(display(reference) ? 0 : 1);
  camera(reference);
  int status = 0;
  ::waitpid(child, &status, 0);
  Mailbox::remove_if_exists(reference);
  return status == 0 ? 0 : 1;
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
