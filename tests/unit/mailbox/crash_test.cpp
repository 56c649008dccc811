// Processes of every role are killed at any instruction. IPCUTILS_CRASH_ROUNDS says how many: 200, or more.
#include <cstdlib>
#include <random>

#include "catch.hpp"
#include "mailbox.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using Outcome = Mailbox::Sender::Outcome;
using Sender = Mailbox::Sender;
using Receiver = Mailbox::Receiver;

namespace {

// Whoever waits for longer than this hangs, however busy the machine is.
const auto patience = 60s;

int rounds() {
  const char* const text = std::getenv("IPCUTILS_CRASH_ROUNDS");
  return text != nullptr ? std::atoi(text) : 200;
}

// "SENDER NUMBER filler", whose filler follows from the rest, so that a torn message shows. Sender 0 is the
// one that is never killed.
std::string text_of(unsigned sender, unsigned number) {
  auto text = std::to_string(sender) + " " + std::to_string(number) + " ";
  text += std::string((sender * 7 + number * 13) % 300, static_cast<char>('a' + number % 26));
  return text;
}

struct Parsed {
  unsigned sender;
  unsigned number;
};

// Nothing for a text that no sender made.
std::optional<Parsed> parse(const std::string& text) {
  Parsed parsed{};
  if (std::sscanf(text.c_str(), "%u %u ", &parsed.sender, &parsed.number) != 2) return std::nullopt;
  return text_of(parsed.sender, parsed.number) == text ? std::optional{parsed} : std::nullopt;
}

// One, two or three messages at once.
[[noreturn]] void send_until_killed(const Reference& mailbox, unsigned id) {
  auto sender = Sender::open(mailbox);
  for (unsigned number = 0;;) {
    const std::string texts[]{text_of(id, number), text_of(id, number + 1), text_of(id, number + 2)};
    const std::span<const std::byte> messages[]{bytes_of(texts[0]), bytes_of(texts[1]), bytes_of(texts[2])};
    const auto sent = sender.send_some(std::span{messages}.first(number % 3 + 1), Deadline::never());
    number += static_cast<unsigned>(sent);
  }
}

[[noreturn]] void receive_until_killed(const Reference& mailbox) {
  for (unsigned joined = 0;; ++joined) {  // joining is an instruction to die at, too
    auto receiver = Receiver::open(mailbox, joined % 2 == 0 ? StartAt::now : StartAt::oldest);
    for (int i = 0; i < 50; ++i) receive(receiver, Deadline::after(1ms));
  }
}

// Sends until it is told to stop, and then the word "end". The exit status says what went wrong.
int send_all(const Reference& mailbox, int stop) {
  auto sender = Sender::open(mailbox);
  for (unsigned number = 0;; ++number) {
    if (send(sender, text_of(0, number), Deadline::after(patience)) != Outcome::sent) return 1;
    if (wait_for_event(stop, POLLIN, Deadline::immediate()) == Waited::ready) break;
  }
  return send(sender, "end", Deadline::after(patience)) == Outcome::sent ? 0 : 2;
}

// Receives up to the word "end". Of each sender it must get every message once, in order.
int receive_all(const Reference& mailbox, bool may_lose) {
  auto receiver = Receiver::open(mailbox, StartAt::now);
  std::vector<unsigned> next(100'000);
  for (;;) {
    const auto text = receive(receiver, Deadline::after(patience));
    if (!text) return 1;
    if (*text == "end") return 0;
    const auto parsed = parse(*text);
    if (!parsed || parsed->sender >= next.size()) return 2;
    auto& expected = next[parsed->sender];
    if (may_lose ? parsed->number < expected : parsed->number != expected) return 3;
    expected = parsed->number + 1;
  }
}

}  // namespace

TEST_CASE("mailbox: whoever is killed, and when, those who live neither miss nor wait") {
  const auto on_full = GENERATE(OnFull::block, OnFull::overwrite);
  const MadeMailbox mailbox{{.size = 4096, .on_full = on_full}};
  auto stop = make_pipe();
  ChildProcess receiver{[&] { return receive_all(mailbox, on_full == OnFull::overwrite); }};
  {
    auto observer = Sender::open(mailbox);
    REQUIRE(observer.wait_for_receivers(1, Deadline::after(patience)));
  }
  ChildProcess sender{[&] { return send_all(mailbox, stop.read_end.get()); }};
  std::minstd_rand random{1};  // delays, which are never the same twice on a machine that does anything else
  const unsigned count = static_cast<unsigned>(rounds()) / 2;
  for (unsigned round = 1; round <= count; ++round) {
    ChildProcess victim{[&]() -> int {
      if (round % 2 == 0) receive_until_killed(mailbox);
      send_until_killed(mailbox, round);
    }};
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 5000});
    ::kill(victim.pid(), SIGKILL);
    victim.wait();
  }
  REQUIRE(write_all(stop.write_end.get(), "x"));
  CHECK(sender.wait() == 0);
  CHECK(receiver.wait() == 0);
  // Nobody alive is left, and the mailbox works.
  auto again = Sender::open(mailbox);
  auto listener = Receiver::open(mailbox, StartAt::now);
  CHECK(send(again, "done", Deadline::after(patience)) == Outcome::sent);
  CHECK(receive(listener, Deadline::after(patience)) == "done");
}
