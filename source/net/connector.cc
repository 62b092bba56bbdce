#include "source/net/connector.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "source/base/strings.h"
#include "source/event/fd_event.h"
#include "source/event/timer.h"

namespace weir::net {
namespace {

absl::Status ErrorOf(const char* action, const Address& address, int error) {
  return absl::UnavailableError(base::StrCat("cannot ", action, " ", address.ToString(), ": ",
                                             std::generic_category().message(error)));
}

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

void SetKeepalive(int fd, const ConnectOptions& options) {
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (options.keepalive_probes > 0) {
    SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, options.keepalive_probes);
  }
  if (options.keepalive_time_s > 0) {
    SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive_time_s);
  }
  if (options.keepalive_interval_s > 0) {
    SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, options.keepalive_interval_s);
  }
}

absl::Status Bind(int fd, const Address& address) {
  // Leaves the choice of a port to connect(), which knows the peer: one local port then serves
  // many destinations.
  if (address.is_ip() && address.port() == 0) SetOption(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (bind(fd, address.raw(), address.size()) == 0) return absl::OkStatus();
  return ErrorOf("bind", address, errno);
}

class SocketConnector final : public Connector,
                              private event::FdHandler,
                              private event::TurnEndHook {
 public:
  SocketConnector(event::Loop& loop, const Address& to, const ConnectOptions& options,
                  OnDone on_done)
      : loop_(loop),
        to_(to),
        timeout_(loop, [this] { OnTimeout(); }),
        on_done_(std::move(on_done)) {
    failure_ = Begin(options);
    if (!failure_.ok()) loop_.AtTurnEnd(*this);
  }

  ~SocketConnector() override {
    event_.reset();
    if (fd_ >= 0) close(fd_);
  }

 private:
  absl::Status Begin(const ConnectOptions& options) {
    fd_ = socket(to_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return ErrorOf("make a socket for", to_, errno);
    if (options.tcp_keepalive) SetKeepalive(fd_, options);
    if (options.bind_address.is_set()) {
      absl::Status bound = Bind(fd_, options.bind_address);
      if (!bound.ok()) return bound;
    }
    // After a signal the attempt goes on by itself.
    if (connect(fd_, to_.raw(), to_.size()) != 0 && errno != EINPROGRESS && errno != EINTR) {
      return ErrorOf("connect to", to_, errno);
    }
    // A socket that connected at once is writable at once.
    event_.emplace(loop_, fd_, static_cast<event::FdHandler&>(*this));
    event_->EnableWrite();
    timeout_.Arm(options.timeout_ms);
    return absl::OkStatus();
  }

  void OnReadable() override {}

  void OnWritable() override {
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return Finish(ErrorOf("connect to", to_, error));
    event_.reset();
    Finish(std::exchange(fd_, -1));
  }

  void OnTimeout() {
    Finish(absl::DeadlineExceededError(
        base::StrCat("cannot connect to ", to_.ToString(), ": connect timeout")));
  }

  void OnTurnEnd() override { Finish(failure_); }

  // The last thing a caller does: the callback may destroy this.
  void Finish(absl::StatusOr<int> result) {
    event_.reset();
    timeout_.Cancel();
    OnDone on_done = std::move(on_done_);
    on_done(std::move(result));
  }

  event::Loop& loop_;
  const Address to_;
  int fd_ = -1;
  absl::Status failure_;
  std::optional<event::FdEvent> event_;
  event::Timer timeout_;
  OnDone on_done_;
};

}  // namespace

std::unique_ptr<Connector> Connector::Start(event::Loop& loop, const Address& to,
                                            const ConnectOptions& options, OnDone on_done) {
  return std::make_unique<SocketConnector>(loop, to, options, std::move(on_done));
}

}  // namespace weir::net
