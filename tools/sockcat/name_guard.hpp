// Names in the file system that an address has made.
#pragma once

#include <functional>
#include <ipcutils/error.hpp>
#include <utility>

#include "log.hpp"

namespace ipcutils::sockcat {

// Removes a name when it goes. A name that cannot be removed is reported, and stays. Move-only.
class NameGuard {
 public:
  NameGuard(std::function<void()> remove, Log& log) : m_remove{std::move(remove)}, m_log{&log} {}
  NameGuard(NameGuard&& other) noexcept
      : m_remove{std::exchange(other.m_remove, nullptr)}, m_log{other.m_log} {}
  NameGuard& operator=(NameGuard&& other) noexcept {
    std::swap(m_remove, other.m_remove);
    std::swap(m_log, other.m_log);
    return *this;
  }
  ~NameGuard() {
    if (!m_remove) return;
    try {
      m_remove();
    } catch (const Error& error) {
      m_log->report(error);
    }
  }

  // Leaves the name to another process that has a copy of this.
  void dismiss() noexcept { m_remove = nullptr; }

 private:
  std::function<void()> m_remove;
  Log* m_log;
};

}  // namespace ipcutils::sockcat
