// A connection under test over a real socket, the raw other end of it, and a handler that records
// what it hears. Time is turned by hand; a turn never waits.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/net/connection.h"
#include "test/support/manual_clock.h"

namespace weir::net {

// The other end: plain socket calls that never block.
class RawPeer {
 public:
  explicit RawPeer(int fd = -1) : fd_(fd) {}
  ~RawPeer() { Close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void Adopt(int fd) {
    Close();
    fd_ = fd;
  }
  int fd() const { return fd_; }
  // How many bytes the kernel took.
  size_t Send(std::string_view bytes) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }
  // All there is now. Then ended() and error() tell how it went on.
  std::string Receive(size_t most = SIZE_MAX) {
    std::string bytes;
    char chunk[64 * 1024];
    while (bytes.size() < most) {
      const ssize_t count =
          recv(fd_, chunk, std::min(sizeof(chunk), most - bytes.size()), MSG_DONTWAIT);
      if (count > 0) {
        bytes.append(chunk, static_cast<size_t>(count));
        continue;
      }
      if (count == 0) ended_ = true;
      if (count < 0 && errno != EAGAIN) error_ = errno;
      break;
    }
    return bytes;
  }
  bool ended() const { return ended_; }
  int error() const { return error_; }
  void ShutdownWrite() { shutdown(fd_, SHUT_WR); }
  void Reset() {
    const linger drop{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
    Close();
  }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  bool ended_ = false;
  int error_ = 0;
};

class RecordingHandler : public ConnectionHandler {
 public:
  size_t OnRead(std::string_view bytes) override {
    shown.emplace_back(bytes);
    const size_t consumed = on_read ? on_read(bytes) : bytes.size();
    received.append(bytes.substr(0, consumed));
    return consumed;
  }
  void OnReadEnd() override { Note("read end", on_read_end); }
  void OnEstablished() override { Note("established", on_established); }
  void OnOutputHigh() override { Note("high", on_high); }
  void OnOutputLow() override { Note("low", on_low); }
  void OnFlushed() override { Note("flushed", on_flushed); }
  void OnClosed(CloseReason reason) override {
    close_reason = reason;
    Note("closed", on_closed);
  }

  int Count(std::string_view event) const {
    return static_cast<int>(std::count(events.begin(), events.end(), event));
  }
  bool is_closed() const { return Count("closed") > 0; }

  std::function<size_t(std::string_view)> on_read;
  std::function<void()> on_read_end, on_established, on_high, on_low, on_flushed, on_closed;
  std::vector<std::string> shown;  // each call of OnRead
  std::string received;            // what was consumed
  std::vector<std::string> events;
  CloseReason close_reason = CloseReason::kLocal;

 private:
  void Note(const char* event, const std::function<void()>& then) {
    events.emplace_back(event);
    if (then) then();
  }
};

// Two ends of one connection, non-blocking.
inline std::pair<int, int> UnixPair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) return {-1, -1};
  return {fds[0], fds[1]};
}

inline std::pair<int, int> TcpPair() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  int client = -1;
  int server = -1;
  if (bind(listener, raw, size) == 0 && listen(listener, 1) == 0 &&
      getsockname(listener, raw, &size) == 0) {
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, raw, size) == 0) {
      server = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    const int on = 1;
    ioctl(client, FIONBIO, &on);
  }
  close(listener);
  return {server, client};
}

class ConnectionFixture : public testing::Test {
 protected:
  enum class Socket { kTcp, kUnix };

  void Open(const ConnectionOptions& options = {}, Socket kind = Socket::kTcp,
            std::unique_ptr<TransportSocket> transport = nullptr) {
    const auto [ours, theirs] = kind == Socket::kTcp ? TcpPair() : UnixPair();
    ASSERT_GE(ours, 0);
    ASSERT_GE(theirs, 0);
    peer_.Adopt(theirs);
    connection_ =
        std::make_unique<Connection>(loop_, ours, handler_, options, std::move(transport));
  }
  void OpenAndStart(const ConnectionOptions& options = {}, Socket kind = Socket::kTcp) {
    Open(options, kind);
    connection_->Start();
  }
  void Write(std::string_view bytes) {
    connection_->output().Append(bytes);
    connection_->FlushLater();
  }
  void Turn(int count = 1) {
    for (int i = 0; i < count; ++i) loop_.RunReady();
  }
  // Loopback delivers at once, so a bounded number of turns is enough for whatever is to come.
  bool TurnUntil(const std::function<bool()>& is_done, int most = 5000) {
    for (int i = 0; i < most && !is_done(); ++i) loop_.RunReady();
    return is_done();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    Turn(2);
  }
  // Fills the way to the peer until nothing more fits.
  void FillOutput(size_t bytes) { Write(std::string(bytes, 'x')), Turn(20); }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  RecordingHandler handler_;
  RawPeer peer_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace weir::net
