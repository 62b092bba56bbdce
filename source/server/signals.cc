#include "source/server/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

namespace weir::server {

namespace {

sigset_t Ours() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void Signals::Block() {
  const sigset_t ours = Ours();
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Signals::Signals(event::Loop& loop, Actions actions)
    : actions_(std::move(actions)),
      fd_([] {
        const sigset_t ours = Ours();
        return signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
      }()),
      event_(loop, fd_, *this) {
  event_.EnableRead();
}

Signals::~Signals() {
  event_.DisableRead();
  close(fd_);
}

void Signals::OnReadable() {
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGTERM) actions_.terminate();
    if (info.ssi_signo == SIGINT) actions_.interrupt();
    if (info.ssi_signo == SIGUSR1 && actions_.reopen_logs) actions_.reopen_logs();
  }
}

}  // namespace weir::server
