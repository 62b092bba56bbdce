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

// More than may be open at a time: who is too many is told so at once, not by a lost SYN that is
// sent again after a second.
constexpr int kBacklog = 128;

class Server final : public AdminServer, private event::FdHandler {
 public:
  Server(base::Descriptor socket, const net::Address& address, bool accepts, AdminSources sources)
      : address_(address),
        handlers_(CreateHandlers(sources)),
        access_logs_(std::move(sources.access_logs)),
        loop_("admin", base::kNoThread),
        socket_(std::move(socket)),
        event_(loop_, socket_.get(), *this) {
    thread_ = std::thread([this, accepts] {
      pthread_setname_np(pthread_self(), "admin");
      if (accepts) event_.EnableRead();
      loop_.Run();
      event_.DisableRead();
      while (!connections_.empty()) delete &connections_.PopFront();
    });
  }

  ~Server() override {
    loop_.Stop();
    thread_.join();
  }

  const net::Address& address() const override { return address_; }
  int listen_socket() const override { return socket_.get(); }
  void SetAccepting(bool accepts) override {
    loop_.Post([this, accepts] {
      if (accepts) {
        event_.EnableRead();
      } else {
        event_.DisableRead();
      }
    });
  }

 private:
  static constexpr int kMaxConnections = 16;

  void OnReadable() override {
    for (;;) {
      sockaddr_storage remote{};
      socklen_t size = sizeof remote;
      const int fd = accept4(socket_.get(), reinterpret_cast<sockaddr*>(&remote), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
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
  const base::Descriptor socket_;
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
  base::Descriptor socket(*fd);
  const absl::Status listening = net::StartListening(*fd, kBacklog, options.socket_options);
  if (!listening.ok()) return listening;
  const auto bound = net::BoundAddress(*fd);
  if (!bound.ok()) return bound.status();
  return std::make_unique<Server>(std::move(socket), *bound, true, std::move(sources));
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::StartOn(base::Descriptor socket,
                                                                  AdminSources sources) {
  const auto bound = net::BoundAddress(socket.get());
  if (!bound.ok()) return bound.status();
  return std::make_unique<Server>(std::move(socket), *bound, false, std::move(sources));
}

}  // namespace weir::admin
