#include "source/control/stop_signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

namespace weir::control {
namespace {

sigset_t Ours() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

int OpenDescriptor() {
  const sigset_t ours = Ours();
  return signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
}

}  // namespace

void StopSignals::Block() {
  const sigset_t ours = Ours();
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

StopSignals::StopSignals(event::Loop& loop, std::function<void()> on_stop)
    : on_stop_(std::move(on_stop)), fd_(OpenDescriptor()), event_(loop, fd_, *this) {
  event_.EnableRead();
}

StopSignals::~StopSignals() {
  event_.DisableRead();
  close(fd_);
}

void StopSignals::OnReadable() {
  signalfd_siginfo info;
  bool was_told = false;
  while (read(fd_, &info, sizeof(info)) == sizeof(info)) was_told = true;
  if (was_told) on_stop_();
}

}  // namespace weir::control
