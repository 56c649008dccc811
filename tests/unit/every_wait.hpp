// Everything in the library that can wait for other processes, in a state in which it has to.
#pragma once

#include <functional>
#include <ipcutils/child.hpp>
#include <ipcutils/condition.hpp>
#include <ipcutils/delivery.hpp>
#include <ipcutils/fifo.hpp>
#include <ipcutils/file_watch.hpp>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <ipcutils/shared_memory.hpp>
#include <ipcutils/transfer.hpp>
#include <ipcutils/wait.hpp>
#include <string>
#include <vector>

#include "mailbox/mailbox.hpp"
#include "mq/queue.hpp"
#include "scratch_ipc.hpp"
#include "transfer/ends.hpp"

namespace ipcutils {

class EveryWait {
 public:
  struct Wait {
    std::string name;
    std::function<bool(const Deadline&)> wait;  // false when the deadline ended it
  };

  EveryWait() {
    add_queues_and_semaphores();
    add_mailboxes();
    add_conditions();
    add_fifos();
    add_descriptors();
    add_sockets();
    add_processes();
  }
  EveryWait(const EveryWait&) = delete;
  EveryWait& operator=(const EveryWait&) = delete;
  ~EveryWait() {
    for (auto& child : m_children) {
      child->send(SIGKILL);
      child->wait(Deadline::after(std::chrono::seconds{10}));
    }
  }

  auto begin() const { return m_waits.begin(); }
  auto end() const { return m_waits.end(); }

 private:
  void add_queues_and_semaphores() {
    for (const auto& reference : m_queues) {
      auto queue = std::make_shared<MessageQueue>(make_queue(reference));
      add("receive from " + reference.to_string(),
          [queue](const Deadline& deadline) { return queue->receive({}, deadline).has_value(); });
    }
    for (const auto& reference : m_full_queues) {
      auto queue = std::make_shared<MessageQueue>(make_queue(reference));
      fill(*queue);
      add("send to " + reference.to_string(),
          [queue](const Deadline& deadline) { return send(*queue, "x", {}, deadline); });
      if (is_posix(reference)) continue;
      add("receive another type from " + reference.to_string(),
          [queue](const Deadline& deadline) { return queue->receive({.type = 7}, deadline).has_value(); });
    }
    for (const auto& reference : m_semaphores) {
      auto set = make_semaphore(reference, 0);
      add("take from " + reference.to_string(), [set](const Deadline& deadline) {
        return set->operate(std::vector<SemaphoreOperation>{{0, -1}}, deadline);
      });
    }
    const Reference lock{Kind::sem, FilePath{m_directory.path("lock")}};
    auto holder = make_semaphore(lock, 1);
    holder->operate(std::vector<SemaphoreOperation>{{0, -1}}, Deadline::immediate());
    auto waiter = std::make_shared<SemaphoreSet>(SemaphoreSet::open(lock, Access::write));
    add("take a lock on a file", [holder, waiter](const Deadline& deadline) {
      return waiter->operate(std::vector<SemaphoreOperation>{{0, -1}}, deadline);
    });
    auto set = make_semaphore(m_semaphore_above_zero, 1);
    add("wait for zero of " + m_semaphore_above_zero.get().to_string(), [set](const Deadline& deadline) {
      return set->operate(std::vector<SemaphoreOperation>{{0, 0}}, deadline);
    });
  }

  void add_mailboxes() {
    auto sender = std::make_shared<Mailbox::Sender>(Mailbox::Sender::open(m_mailbox));
    auto silent = std::make_shared<Mailbox::Receiver>(Mailbox::Receiver::open(m_mailbox, StartAt::now));
    add("wait for receivers of a mailbox",
        [sender](const Deadline& deadline) { return sender->wait_for_receivers(2, deadline); });
    add("receive from a mailbox",
        [silent](const Deadline& deadline) { return silent->receive(deadline).has_value(); });
    auto slow = std::make_shared<Mailbox::Receiver>(Mailbox::Receiver::open(m_full_mailbox, StartAt::now));
    auto waiting = std::make_shared<Mailbox::Sender>(Mailbox::Sender::open(m_full_mailbox));
    send(*waiting, std::string(waiting->max_message_size(), 'f'));
    add("send to a full mailbox", [slow, waiting](const Deadline& deadline) {
      return send(*waiting, "x", deadline) == Mailbox::Sender::Outcome::sent;
    });
    auto busy = std::make_shared<Mailbox::Sender>(Mailbox::Sender::open(m_busy_mailbox));
    auto loan = std::make_shared<std::optional<Mailbox::Loan>>(busy->loan(1, Deadline::immediate()));
    auto other = std::make_shared<Mailbox::Sender>(Mailbox::Sender::open(m_busy_mailbox));
    add("send while another sender has its turn", [busy, loan, other](const Deadline& deadline) {
      return send(*other, "x", deadline) == Mailbox::Sender::Outcome::sent;
    });
  }

  void add_conditions() {
    for (const auto* reference : m_memory.references()) {
      add("wait for " + reference->get().to_string(), [reference](const Deadline& deadline) {
        return SharedMemory::wait_for(*reference, Access::read, deadline).has_value();
      });
      add_condition(*reference, {Condition::What::exists});
    }
    SharedMemory::create(m_written, 1, 0600);
    add_condition(m_written, {Condition::What::changed});
    for (const auto& reference : m_queues) add_condition(reference, {Condition::What::nonempty});
    for (const auto& reference : m_full_queues) add_condition(reference, {Condition::What::empty});
    for (const auto& reference : m_semaphores) add_condition(reference, {Condition::What::value, 1});
    add_condition(m_semaphore_above_zero, {Condition::What::zero});
  }

  void add_fifos() {
    auto silent = make_fifo();
    add("open a FIFO to write",
        [silent](const Deadline& deadline) { return silent->open_writer(deadline).has_value(); });
    add_condition(silent->reference(), {Condition::What::writers});
    auto full = make_fifo();
    auto reader = std::make_shared<FileDescriptor>(full->open_reader());
    auto writer = std::make_shared<FileDescriptor>(full->open_writer(Deadline::immediate()).value());
    write_all(writer->get(), "unread");
    add("let a FIFO be read", [reader, writer](const Deadline& deadline) {
      return wait_until_drained(writer->get(), deadline) != Drained::too_late;
    });
  }

  void add_descriptors() {
    auto pipe = std::make_shared<Pipe>(make_pipe());
    add("poll", [pipe](const Deadline& deadline) {
      return wait_for_event(pipe->read_end.get(), POLLIN, deadline) == Waited::ready;
    });
    add("pause", [](const Deadline& deadline) {
      pause_until(deadline);
      return false;
    });
    auto watch = std::make_shared<FileWatch>(FileWatch::of_names_in(m_directory.path()));
    add("watch a directory", [watch](const Deadline& deadline) {
      watch->wait(deadline);
      return !deadline.has_passed();
    });
    add("transfer from a silent source", [pipe](const Deadline& deadline) {
      const FileDescriptor null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
      return transfer({pipe->read_end.get(), "a pipe"}, {null.get(), "null"}, {.deadline = deadline}) != 0;
    });
    auto full = std::make_shared<Pipe>(make_pipe());
    const auto sink = sink_of(full->write_end);
    for (const std::size_t size : {65536, 1})
      while (sink->write(bytes(std::string(size, 'x'))).step == Step::moved) continue;
    add("transfer to a full sink", [full](const Deadline& deadline) {
      const std::string text = "x";
      return transfer(bytes(text), {full->write_end.get(), "a pipe"}, {.deadline = deadline}) != 0;
    });
    add("relay", [pair = std::make_shared<TestPair>()](const Deadline& deadline) {
      auto first = socket_side(descriptor_of(pair->here), "here");
      auto second = socket_side(descriptor_of(pair->there), "there");
      return relay(first, second, {.deadline = deadline}).reason != RelayResult::Reason::interrupted;
    });
  }

  void add_sockets() {
    using std::chrono::hours;
    auto silent = std::make_shared<TestPair>(SOCK_DGRAM);
    add("receive a datagram", [silent](const Deadline& deadline) {
      std::byte byte;
      return receive_from(silent->here.get(), {&byte, 1}, deadline).has_value();
    });
    add("receive a packet", [silent](const Deadline& deadline) {
      return receive_packet(silent->here.get(), deadline).has_value();
    });
    auto full = std::make_shared<TestPair>(SOCK_DGRAM);
    while (send_to(full->here.get(), bytes("x"), {}, Deadline::immediate())) continue;
    add("send to a socket with a full buffer",
        [full](const Deadline& deadline) { return send_to(full->here.get(), bytes("x"), {}, deadline); });
    const auto address = scratch_abstract();
    auto receiver =
        std::make_shared<FileDescriptor>(open_socket(AF_UNIX, {.type = SOCK_DGRAM, .bind = address}));
    auto sender = std::make_shared<FileDescriptor>(open_socket(AF_UNIX, {.type = SOCK_DGRAM}));
    while (send_to(sender->get(), bytes("x"), address, Deadline::immediate())) continue;
    add("send to an address with a full queue", [receiver, sender, address](const Deadline& deadline) {
      return send_to(sender->get(), bytes("x"), address, deadline);
    });
    auto listener = std::make_shared<Listener>(listen_on(scratch_abstract(), 1));
    add("accept", [listener](const Deadline& deadline) { return listener->accept(deadline).has_value(); });
    auto busy = std::make_shared<Listener>(listen_on(scratch_abstract(), 0));
    const auto where = busy->local_address();
    while (auto client = connect_to(where, {}, Deadline::immediate()))
      m_clients.push_back(std::move(*client));
    add("connect to a full backlog",
        [busy, where](const Deadline& deadline) { return connect_to(where, {}, deadline).has_value(); });
    add("connect again and again", [](const Deadline& deadline) {
      const auto nobody = scratch_abstract();
      const auto attempt = [&](const Deadline& until) { return connect_to(nobody, {}, until); };
      return retry_until(deadline, {.longest_pause = hours{1}}, attempt).has_value();
    });
    auto unread = std::make_shared<TestPair>();
    write_all(unread->here.get(), "unread");
    add("let the last words arrive", [unread](const Deadline& deadline) {
      await_delivery(unread->here.get(), AwaitedEnd::ended, hours{1}, deadline);
      return !deadline.has_passed();
    });
  }

  void add_processes() {
    auto child = Child::fork();
    if (!child) {
      std::signal(SIGUSR1, SIG_DFL);
      for (;;) ::pause();
    }
    m_children.push_back(std::make_shared<Child>(std::move(*child)));
    add("wait for a process",
        [child = m_children.back()](const Deadline& deadline) { return child->wait(deadline).has_value(); });
  }

  std::shared_ptr<Fifo> make_fifo() {
    return std::make_shared<Fifo>(Fifo::create(m_directory.path(std::to_string(next_number()))).value());
  }

  void add_condition(const Reference& reference, const Condition& condition) {
    constexpr const char* names[] = {"existence", "end",    "emptiness", "messages", "zero",
                                     "a value",   "disuse", "readers",   "writers",  "a change"};
    add(std::string{names[static_cast<int>(condition.what)]} + " of " + reference.to_string(),
        [reference, condition](const Deadline& deadline) {
          return wait_for(reference, condition, deadline);
        });
  }

  void add(std::string name, std::function<bool(const Deadline&)> wait) {
    m_waits.push_back({std::move(name), std::move(wait)});
  }

  static std::shared_ptr<SemaphoreSet> make_semaphore(const Reference& reference, unsigned value) {
    const auto made = SemaphoreSet::create(reference, {.value = value});
    if (!made) throw std::runtime_error{reference.to_string() + " is there already"};
    return std::make_shared<SemaphoreSet>(SemaphoreSet::open(*made, Access::write));
  }

  TemporaryDirectory m_directory;
  EveryApi m_memory;
  ScratchReference m_written = ScratchReference::posix();
  std::vector<FileDescriptor> m_clients;
  std::vector<std::shared_ptr<Child>> m_children;
  BothApis<ScratchQueue> m_queues;
  BothApis<ScratchQueue> m_full_queues;
  BothApis<ScratchSemaphores> m_semaphores;
  ScratchSemaphores m_semaphore_above_zero = ScratchSemaphores::sysv();
  MadeMailbox m_mailbox;
  MadeMailbox m_full_mailbox;
  MadeMailbox m_busy_mailbox;
  std::vector<Wait> m_waits;
};

}  // namespace ipcutils
