#include "recurring_alarm.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "failure.hpp"

// glibc before 2.41 has the member without this name.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace ipcutils {

namespace {

constexpr long interval = 1'000'000;  // ns

extern "C" void interrupt_only(int) {}

}  // namespace

RecurringAlarm::RecurringAlarm() {
  const int signal = SIGRTMAX;
  struct sigaction action {};
  action.sa_handler = interrupt_only;  // without SA_RESTART
  ::sigaction(signal, &action, nullptr);
  struct sigevent event {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event.sigev_notify_thread_id = ::gettid();
  if (::timer_create(CLOCK_MONOTONIC, &event, &m_timer) != 0) fail(errno, "cannot make a timer");
  sigset_t mask;
  ::sigemptyset(&mask);
  ::sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &mask, &m_old_mask);
}

RecurringAlarm::RecurringAlarm(const Deadline& deadline) : RecurringAlarm{} {
  if (!deadline.is_never()) set(deadline.at());
}

RecurringAlarm::~RecurringAlarm() {
  ::timer_delete(m_timer);
  ::pthread_sigmask(SIG_SETMASK, &m_old_mask, nullptr);
}

void RecurringAlarm::arm() noexcept {
  struct timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  set(now);
}

void RecurringAlarm::set(const struct timespec& at) noexcept {
  struct itimerspec when {
    .it_interval = {.tv_sec = 0, .tv_nsec = interval}, .it_value = at
  };
  if (at.tv_sec == 0 && at.tv_nsec == 0) when.it_value.tv_nsec = 1;  // zero would disarm it
  ::timer_settime(m_timer, TIMER_ABSTIME, &when, nullptr);
}

void RecurringAlarm::disarm() noexcept {
  const struct itimerspec never {};
  ::timer_settime(m_timer, 0, &never, nullptr);
}

}  // namespace ipcutils
