#include "source/admin/admin_server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "source/admin/admin_connection.h"
#include "source/base/thread.h"
#include "source/event/fd_event.h"
#include "source/net/listen_socket.h"

namespace weir::admin {

namespace {

class Server final : public AdminServer, private event::FdHandler {
 public:
  Server(int fd, const net::Address& address, AdminSources sources)
      : address_(address),
        handlers_(CreateHandlers(sources)),
        access_logs_(std::move(sources.access_logs)),
        loop_("admin", base::kNoThread),
        fd_(fd),
        event_(loop_, fd, *this) {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "admin");
      event_.EnableRead();
      loop_.Run();
      event_.DisableRead();
      while (!connections_.empty()) delete &connections_.PopFront();
    });
  }

  ~Server() override {
    loop_.Stop();
    thread_.join();
    close(fd_);
  }

  const net::Address& address() const override { return address_; }

 private:
  static constexpr int kMaxConnections = 16;

  void OnReadable() override {
    for (;;) {
      sockaddr_storage remote{};
      socklen_t size = sizeof remote;
      const int fd =
          accept4(fd_, reinterpret_cast<sockaddr*>(&remote), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
      if (fd < 0) return;
      if (open_ == kMaxConnections) {
        close(fd);
        continue;
      }
      ++open_;
      connections_.PushBack(*new AdminConnection(
          {loop_, handlers_, access_logs_, render_threads_}, fd,
          net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&remote), size),
          [this] { --open_; }));
    }
  }
  void OnWritable() override {}

  const net::Address address_;
  const std::vector<AdminHandler> handlers_;
  const filter::AccessLogs access_logs_;
  event::Loop loop_;
  const int fd_;
  event::FdEvent event_;
  // As many as connections: a slow reader, whose render waits, must not keep others waiting.
  RenderThreads render_threads_{kMaxConnections};
  base::IntrusiveList<AdminConnection> connections_;
  int open_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const net::Address& address,
                                                                AdminSources sources) {
  net::ListenOptions options;
  options.socket_options = std::move(sources.socket_options);
  options.reuse_port = false;
  const auto fd = net::BindListenSocket(address, options);
  if (!fd.ok()) return fd.status();
  const absl::Status listening = net::StartListening(*fd, 16, options.socket_options);
  const auto bound = net::BoundAddress(*fd);
  if (!listening.ok() || !bound.ok()) {
    close(*fd);
    return listening.ok() ? bound.status() : listening;
  }
  return std::make_unique<Server>(*fd, *bound, std::move(sources));
}

}  // namespace weir::admin
