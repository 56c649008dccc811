#include "recurring_alarm.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <mutex>

#include "failure.hpp"

// glibc before 2.41 has the member without this name.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace ipcutils {

namespace {

constexpr long interval = 1'000'000;  // ns

extern "C" void interrupt_only(int) {}

// Threads may have alarms at once, and the last of them restores the action.
std::mutex counting;
int alarm_count = 0;
struct sigaction old_action;

void install_handler() {
  const std::lock_guard lock{counting};
  if (alarm_count++ != 0) return;
  struct sigaction action {};
  action.sa_handler = interrupt_only;  // without SA_RESTART
  ::sigaction(SIGRTMAX, &action, &old_action);
}

void restore_handler() noexcept {
  const std::lock_guard lock{counting};
  if (--alarm_count == 0) ::sigaction(SIGRTMAX, &old_action, nullptr);
}

sigset_t alarm_alone() noexcept {
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, SIGRTMAX);
  return mask;
}

}  // namespace

RecurringAlarm::RecurringAlarm() {
  struct sigevent event {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMAX;
  event.sigev_notify_thread_id = ::gettid();
  if (::timer_create(CLOCK_MONOTONIC, &event, &m_timer) != 0) fail(errno, "cannot make a timer");
  install_handler();
  const auto mask = alarm_alone();
  sigset_t old;
  ::pthread_sigmask(SIG_UNBLOCK, &mask, &old);
  m_was_blocked = ::sigismember(&old, SIGRTMAX) == 1;
}

RecurringAlarm::RecurringAlarm(const Deadline& deadline) : RecurringAlarm{} { arm_at(deadline); }

RecurringAlarm::~RecurringAlarm() {
  ::timer_delete(m_timer);
  const auto mask = alarm_alone();
  if (m_was_blocked) ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  restore_handler();
}

void RecurringAlarm::arm() noexcept {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  set(now);
}

void RecurringAlarm::arm_at(const Deadline& deadline) noexcept {
  if (!deadline.is_never()) set(deadline.at());
  if (is_signal_due(deadline)) arm();  // last: a handler may have armed it before
}

void RecurringAlarm::set(const struct timespec& at) noexcept {
  struct itimerspec when {
    .it_interval = {.tv_sec = 0, .tv_nsec = interval}, .it_value = at
  };
  if (at.tv_sec == 0 && at.tv_nsec == 0) when.it_value.tv_nsec = 1;  // zero would disarm it
  m_is_armed = 1;
  ::timer_settime(m_timer, TIMER_ABSTIME, &when, nullptr);
}

void RecurringAlarm::disarm() noexcept {
  if (m_is_armed == 0) return;
  const struct itimerspec never {};
  m_is_armed = 0;
  ::timer_settime(m_timer, 0, &never, nullptr);
}

}  // namespace ipcutils
