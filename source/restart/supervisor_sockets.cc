#include "source/restart/supervisor_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "source/base/log.h"
#include "source/net/listen_socket.h"

namespace weir::restart {

namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

int OptionOf(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

int NumberIn(const char* variable) {
  const char* const text = std::getenv(variable);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : 0;
}

}  // namespace

SupervisorSockets SupervisorSockets::FromEnvironment() {
  // A process that was started by the one they were meant for inherits the variables, too.
  const int count = NumberIn("LISTEN_PID") == getpid() ? NumberIn("LISTEN_FDS") : 0;
  for (const char* const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    unsetenv(variable);
  }
  return SupervisorSockets(kFirst, count);
}

SupervisorSockets::SupervisorSockets(int first, int count) {
  for (int fd = first; fd < first + count; ++fd) {
    base::Descriptor descriptor(fd);
    const auto address = net::BoundAddress(fd);
    if (OptionOf(fd, SO_TYPE) != SOCK_STREAM || OptionOf(fd, SO_ACCEPTCONN) != 1 || !address.ok()) {
      WEIR_LOG(kWarning, "restart", "descriptor ", fd,
               ", passed by the supervisor, is no listening stream socket");
      continue;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    WEIR_LOG(kInfo, "restart", "the supervisor listens on ", address->ToString());
    sockets_.push_back({std::move(descriptor), *address});
  }
}

TakenSockets SupervisorSockets::Take(std::string_view /*listener*/, const net::Address& address) {
  TakenSockets copies;
  copies.outlive_us = true;
  for (const Socket& socket : sockets_) {
    if (socket.address == address) {
      copies.descriptors.emplace_back(fcntl(socket.descriptor.get(), F_DUPFD_CLOEXEC, 0));
    }
  }
  return copies;
}

}  // namespace weir::restart
