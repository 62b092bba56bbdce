// A connection with a transport socket between its bytes and its descriptor.
#include <gmock/gmock.h>

#include "source/net/connection.h"
#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::ElementsAre;

// Says 'H', waits for an 'H', then passes bytes through. Takes up to 300 KiB off the descriptor at
// once, as a TLS library with read-ahead does; "!" is a violation, "." the peer's end mark.
class HelloTransport final : public TransportSocket {
 public:
  struct Log {
    int shutdowns = 0;
    bool read_needs_write = false;
    bool write_needs_read = false;
    bool comes_later = false;
    int reads = 0;
    int writes = 0;
  };
  explicit HelloTransport(Log& log) : log_(log) {}

  IoResult Read(int fd, absl::Span<char> into) override {
    ++log_.reads;
    if (log_.read_needs_write) return {.blocked = true, .needs_other_direction = true};
    if (log_.comes_later) return {.blocked = true, .again_later = true};
    Handshake(fd);
    const bool is_dry = !FillAhead(fd);
    if (ahead_.substr(0, 1) == "!") return {.error = EPROTO};
    if (!is_established_) return {.blocked = !has_ended_, .eof = has_ended_};
    if (ahead_ == ".") return {.eof = true};
    const size_t count = std::min(into.size(), ahead_.size());
    ahead_.copy(into.data(), count);
    ahead_.erase(0, count);
    if (count > 0) return {.bytes = count, .blocked = is_dry && ahead_.empty()};
    return has_ended_ ? IoResult{.error = EPROTO} : IoResult{.blocked = true};
  }
  IoResult Write(int fd, const iovec* from, int count) override {
    ++log_.writes;
    if (log_.write_needs_read) return {.blocked = true, .needs_other_direction = true};
    const ssize_t sent = send(fd, from->iov_base, from->iov_len, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? IoResult{.blocked = true} : IoResult{.error = errno};
    return {.bytes = static_cast<size_t>(sent),
            .blocked = static_cast<size_t>(sent) < from->iov_len};
  }
  void ShutdownWrite(int fd) override {
    ++log_.shutdowns;
    send(fd, ".", 1, MSG_NOSIGNAL);
  }
  bool is_established() const override { return is_established_; }
  std::string_view alpn() const override { return "h2"; }
  std::string failure_reason() const override { return "bad record"; }

 private:
  void Handshake(int fd) {
    if (!has_greeted_) has_greeted_ = send(fd, "H", 1, MSG_NOSIGNAL) == 1;
    if (is_established_ || !FillAhead(fd) || ahead_[0] != 'H') return;
    is_established_ = true;
    ahead_.erase(0, 1);
  }
  bool FillAhead(int fd) {
    char chunk[4096];
    while (ahead_.size() < 300 * 1024) {
      const ssize_t count = recv(fd, chunk, sizeof(chunk), 0);
      if (count == 0) has_ended_ = true;
      if (count <= 0) break;
      ahead_.append(chunk, static_cast<size_t>(count));
    }
    return !ahead_.empty();
  }

  Log& log_;
  bool has_greeted_ = false;
  bool is_established_ = false;
  bool has_ended_ = false;
  std::string ahead_;
};

class ConnectionTransportTest : public ConnectionFixture {
 protected:
  void OpenWithTransport(const ConnectionOptions& options = {}) {
    Open(options, Socket::kUnix, std::make_unique<HelloTransport>(log_));
    connection_->Start();
  }
  void Establish(const ConnectionOptions& options = {}) {
    OpenWithTransport(options);
    peer_.Send("H");
    Turn(2);
    EXPECT_EQ(peer_.Receive(), "H");
    EXPECT_EQ(handler_.Count("established"), 1);
  }

  HelloTransport::Log log_;
};

TEST_F(ConnectionTransportTest, BeginsTheHandshakeWithoutBeingAsked) {
  OpenWithTransport();
  EXPECT_EQ(log_.reads, 0) << "Start() must not touch the scratch";
  Turn();
  EXPECT_EQ(peer_.Receive(), "H");
  EXPECT_EQ(handler_.Count("established"), 0);
  peer_.Send("H");
  Turn();
  EXPECT_EQ(handler_.Count("established"), 1);
}

TEST_F(ConnectionTransportTest, HoldsOutputUntilEstablished) {
  OpenWithTransport();
  Write("request");
  Turn();
  EXPECT_EQ(peer_.Receive(), "H");
  EXPECT_EQ(log_.writes, 0);
  peer_.Send("H");
  Turn();
  EXPECT_EQ(peer_.Receive(), "request");
}

TEST_F(ConnectionTransportTest, IsEstablishedBeforeTheFirstBytes) {
  OpenWithTransport();
  handler_.on_read = [this](std::string_view bytes) {
    EXPECT_EQ(handler_.Count("established"), 1);
    return bytes.size();
  };
  peer_.Send("Hdata");
  Turn(2);
  EXPECT_EQ(handler_.received, "data");
}

TEST_F(ConnectionTransportTest, APauseDoesNotStopTheHandshake) {
  OpenWithTransport();
  connection_->PauseReading();
  peer_.Send("Hdata");
  Turn(3);
  EXPECT_EQ(handler_.Count("established"), 1);
  EXPECT_TRUE(handler_.shown.empty());
  connection_->ResumeReading();
  Turn();
  EXPECT_EQ(handler_.received, "data");
}

TEST_F(ConnectionTransportTest, AnEndInsideTheHandshakeIsTold) {
  OpenWithTransport();
  peer_.Close();
  Turn(2);
  EXPECT_THAT(handler_.events, ElementsAre("closed"));
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteEnd);
  EXPECT_THAT(connection_->close_details(), testing::HasSubstr("handshake"));
}

TEST_F(ConnectionTransportTest, AViolationIsTheTransportsFailure) {
  Establish();
  peer_.Send("!");
  Turn(2);
  EXPECT_EQ(handler_.close_reason, CloseReason::kTransport);
  EXPECT_EQ(connection_->close_details(), "bad record");
}

TEST_F(ConnectionTransportTest, BytesInsideTheTransportAreReadWithoutAnEvent) {
  Establish();
  connection_->PauseReading();
  const std::string sent(290 * 1024, 'x');
  size_t offset = 0;
  handler_.on_read = [this](std::string_view bytes) {
    if (handler_.shown.size() == 1) connection_->PauseReading();
    return bytes.size();
  };
  connection_->ResumeReading();
  ASSERT_TRUE(TurnUntil([&] {
    offset += peer_.Send(std::string_view(sent).substr(offset));
    return handler_.shown.size() == 1;
  }));
  connection_->ResumeReading();
  EXPECT_TRUE(TurnUntil([&] {
    offset += peer_.Send(std::string_view(sent).substr(offset));
    return handler_.received.size() == sent.size();
  }));
}

// More than one turn's share decrypted ahead: no event of the descriptor would bring the rest.
TEST_F(ConnectionTransportTest, ALargeReadAheadIsReadOverSeveralTurns) {
  OpenWithTransport();
  int size = 1024 * 1024;
  setsockopt(peer_.fd(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
  setsockopt(peer_.fd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  connection_->PauseReading();
  peer_.Send("H");
  Turn(2);
  std::string sent(299 * 1024, 'x');
  const size_t accepted = peer_.Send(sent);
  connection_->ResumeReading();
  EXPECT_TRUE(TurnUntil([&] { return handler_.received.size() == accepted; }, 20));
}

TEST_F(ConnectionTransportTest, AReadThatMustWriteWaitsForRoom) {
  Establish();
  log_.read_needs_write = true;
  peer_.Send("data");
  Turn();
  EXPECT_TRUE(handler_.shown.empty());
  log_.read_needs_write = false;
  Turn(2);
  EXPECT_EQ(handler_.received, "data");
}

// A handshake that waits for its turn: no event of the descriptor will bring it.
TEST_F(ConnectionTransportTest, ATransportMayAskForTheNextTurn) {
  log_.comes_later = true;
  OpenWithTransport();
  connection_->PauseReading();
  Turn();
  const int reads = log_.reads;
  Turn();
  EXPECT_EQ(log_.reads, reads + 1) << "once a turn";
  EXPECT_EQ(handler_.Count("established"), 0);
  log_.comes_later = false;
  peer_.Send("H");
  Turn(3);
  EXPECT_EQ(handler_.Count("established"), 1);
  const int established_reads = log_.reads;
  Turn(3);
  EXPECT_EQ(log_.reads, established_reads) << "and then no more";
}

TEST_F(ConnectionTransportTest, AWriteThatMustReadWaitsForBytes) {
  Establish();
  log_.write_needs_read = true;
  Write("data");
  Turn();
  const int writes = log_.writes;
  Turn(5);
  EXPECT_EQ(log_.writes, writes) << "room is not what it waits for";
  log_.write_needs_read = false;
  peer_.Send("update");
  Turn(2);
  EXPECT_EQ(peer_.Receive(), "data");
}

TEST_F(ConnectionTransportTest, EveryCleanCloseSendsTheEndMark) {
  for (CloseMode mode : {CloseMode::kFlush, CloseMode::kFlushNoWait, CloseMode::kNow}) {
    handler_.events.clear();
    Establish({.delayed_close_ms = 0});
    log_.shutdowns = 0;
    connection_->Close(mode);
    Turn();
    EXPECT_EQ(log_.shutdowns, 1);
    EXPECT_EQ(peer_.Receive(), ".");
  }
}

TEST_F(ConnectionTransportTest, ACutCloseDoesNotPretendToBeComplete) {
  for (CloseMode mode : {CloseMode::kNow, CloseMode::kReset}) {
    handler_.events.clear();
    Establish();
    Write("dropped");
    connection_->Close(mode);
    Turn();
    EXPECT_EQ(log_.shutdowns, 0);
  }
}

TEST_F(ConnectionTransportTest, ShutdownWriteEndsTheTransportFirst) {
  Establish({.half_close = true});
  Write("data");
  connection_->ShutdownWrite();
  Turn();
  EXPECT_EQ(peer_.Receive(), "data.");
  EXPECT_TRUE(peer_.ended());
  peer_.Send(".");
  Turn(2);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(log_.shutdowns, 1);
}

TEST_F(ConnectionTransportTest, ClosingBeforeItIsEstablishedDoesNotWait) {
  OpenWithTransport();
  Write("never");
  connection_->Close(CloseMode::kFlush);
  Turn();
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_EQ(log_.shutdowns, 0);
}

}  // namespace
}  // namespace weir::net
