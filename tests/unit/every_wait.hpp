// Everything in the library that can wait for other processes, in a state in which it has to.
#pragma once

#include <functional>
#include <ipcutils/message_queue.hpp>
#include <ipcutils/semaphore_set.hpp>
#include <string>
#include <vector>

#include "mq/queue.hpp"
#include "scratch_ipc.hpp"

namespace ipcutils {

class EveryWait {
 public:
  struct Wait {
    std::string name;
    std::function<bool(const Deadline&)> wait;  // false when the deadline ended it
  };

  EveryWait() {
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
    auto set = make_semaphore(m_semaphore_above_zero, 1);
    add("wait for zero of " + m_semaphore_above_zero.get().to_string(), [set](const Deadline& deadline) {
      return set->operate(std::vector<SemaphoreOperation>{{0, 0}}, deadline);
    });
  }

  auto begin() const { return m_waits.begin(); }
  auto end() const { return m_waits.end(); }

 private:
  void add(std::string name, std::function<bool(const Deadline&)> wait) {
    m_waits.push_back({std::move(name), std::move(wait)});
  }

  static std::shared_ptr<SemaphoreSet> make_semaphore(const Reference& reference, unsigned value) {
    const auto made = SemaphoreSet::create(reference, {.value = value});
    if (!made) throw std::runtime_error{reference.to_string() + " is there already"};
    return std::make_shared<SemaphoreSet>(SemaphoreSet::open(*made, Access::write));
  }

  BothApis<ScratchQueue> m_queues;
  BothApis<ScratchQueue> m_full_queues;
  BothApis<ScratchSemaphores> m_semaphores;
  ScratchSemaphores m_semaphore_above_zero = ScratchSemaphores::sysv();
  std::vector<Wait> m_waits;
};

}  // namespace ipcutils
