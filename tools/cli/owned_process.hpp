// A program that ends with whoever has started it.
#pragma once

#include <ipcutils/child.hpp>
#include <string>
#include <utility>

namespace ipcutils::cli {

// A program that runs at the other end. Move-only. One that nobody has waited for when this is destroyed gets
// SIGTERM, and SIGKILL 2 s later, so that no failure leaves it running.
class OwnedProcess {
 public:
  OwnedProcess(Child child, std::string name) : m_child{std::move(child)}, m_name{std::move(name)} {}
  OwnedProcess(OwnedProcess&&) noexcept = default;
  OwnedProcess& operator=(OwnedProcess&&) noexcept = default;
  ~OwnedProcess();

  Child& child() noexcept { return m_child; }
  const std::string& name() const noexcept { return m_name; }

 private:
  Child m_child;
  std::string m_name;
};

}  // namespace ipcutils::cli
