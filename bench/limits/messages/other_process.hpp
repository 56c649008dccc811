// A forked process that reports how far it has come.
#pragma once

#include <sys/types.h>

#include <functional>

class OtherProcess {
 public:
  using Report = std::function<void()>;

  // Runs `work` there. A failure there ends this process, too, which might wait for the other for ever.
  explicit OtherProcess(const std::function<void(const Report&)>& work);
  OtherProcess(OtherProcess&& other) noexcept;
  OtherProcess& operator=(OtherProcess&&) = delete;
  ~OtherProcess();  // ends it

  void wait_for_report();

 private:
  pid_t m_process;
  int m_reports;
};
