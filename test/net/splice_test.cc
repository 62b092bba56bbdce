#include "source/net/splice.h"

#include <gmock/gmock.h>

#include "source/net/connection.h"
#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

// connection_ and peer_ are the source; sink_ and far_peer_ where the bytes go.
class SplicePumpTest : public ConnectionFixture {
 protected:
  void OpenBoth(Socket kind = Socket::kTcp) {
    const ConnectionOptions options{.half_close = true};
    OpenAndStart(options, kind);
    const auto [ours, theirs] = kind == Socket::kTcp ? TcpPair() : UnixPair();
    ASSERT_GE(ours, 0);
    far_peer_.Adopt(theirs);
    sink_ = std::make_unique<Connection>(loop_, ours, sink_handler_, options);
    sink_->Start();
    Turn();
  }
  void StartPump() {
    pump_ = SplicePump::Start(*connection_, *sink_);
    ASSERT_NE(pump_, nullptr);
    ASSERT_TRUE(pump_->is_running());
  }
  static std::string Pattern(size_t size) {
    std::string bytes;
    bytes.reserve(size + 8);
    for (uint32_t i = 0; bytes.size() < size; ++i) bytes.append(reinterpret_cast<char*>(&i), 4);
    bytes.resize(size);
    return bytes;
  }

  RecordingHandler sink_handler_;
  RawPeer far_peer_;
  std::unique_ptr<Connection> sink_;
  std::unique_ptr<SplicePump> pump_;
};

TEST_F(SplicePumpTest, MovesBytesPastTheHandlers) {
  OpenBoth();
  StartPump();
  peer_.Send("through");
  Turn();
  EXPECT_EQ(far_peer_.Receive(), "through");
  EXPECT_TRUE(handler_.shown.empty());
  EXPECT_EQ(connection_->bytes_read(), 7u);
  EXPECT_EQ(sink_->bytes_written(), 7u);
}

TEST_F(SplicePumpTest, MovesBulkWholeAndInOrder) {
  for (Socket kind : {Socket::kTcp, Socket::kUnix}) {
    OpenBoth(kind);
    StartPump();
    const std::string sent = Pattern(20'000'000);
    std::string received;
    size_t offset = 0;
    ASSERT_TRUE(TurnUntil(
        [&] {
          offset += peer_.Send(std::string_view(sent).substr(offset));
          received += far_peer_.Receive();
          return received.size() == sent.size();
        },
        200'000));
    EXPECT_TRUE(received == sent);
    EXPECT_EQ(connection_->bytes_read(), sent.size());
    EXPECT_EQ(sink_->bytes_written(), sent.size());
    pump_.reset();
  }
}

TEST_F(SplicePumpTest, ASinkWithoutRoomStopsTheSource) {
  OpenBoth();
  StartPump();
  const std::string block(256 * 1024, 'x');
  uint64_t sent = 0;
  for (int i = 0; i < 1000; ++i) sent += peer_.Send(block), Turn();
  EXPECT_TRUE(connection_->is_reading_paused());
  EXPECT_LE(connection_->bytes_read() - sink_->bytes_written(),
            static_cast<uint64_t>(PipePool::kPipeBytes));
  EXPECT_LT(connection_->bytes_read(), sent) << "the rest waits in the source's kernel buffers";
  uint64_t received = 0;
  EXPECT_TRUE(TurnUntil([&] {
    received += far_peer_.Receive().size();
    return received == sent;
  }));
  EXPECT_FALSE(connection_->is_reading_paused());
}

TEST_F(SplicePumpTest, TheEndComesAfterTheLastByte) {
  OpenBoth();
  StartPump();
  const std::string sent = Pattern(3'000'000);
  size_t offset = 0;
  std::string received;
  handler_.on_read_end = [this] { sink_->ShutdownWrite(); };
  EXPECT_TRUE(TurnUntil([&] {
    offset += peer_.Send(std::string_view(sent).substr(offset));
    if (offset == sent.size()) peer_.ShutdownWrite();
    received += far_peer_.Receive();
    return far_peer_.ended();
  }));
  EXPECT_TRUE(received == sent);
  EXPECT_EQ(handler_.Count("read end"), 1);
  EXPECT_FALSE(pump_->is_running());
  EXPECT_FALSE(connection_->is_closing());
  EXPECT_FALSE(sink_->is_closing());
}

TEST_F(SplicePumpTest, BothDirectionsAtOnceAndAHalfCloseEach) {
  OpenBoth();
  StartPump();
  const std::unique_ptr<SplicePump> back = SplicePump::Start(*sink_, *connection_);
  ASSERT_NE(back, nullptr);
  handler_.on_read_end = [this] { sink_->ShutdownWrite(); };
  sink_handler_.on_read_end = [this] { connection_->ShutdownWrite(); };
  peer_.Send("forth");
  peer_.ShutdownWrite();
  Turn(3);
  EXPECT_EQ(far_peer_.Receive(), "forth");
  EXPECT_TRUE(far_peer_.ended());
  far_peer_.Send("back");
  Turn(2);
  EXPECT_EQ(peer_.Receive(), "back");
  far_peer_.ShutdownWrite();
  Turn(3);
  peer_.Receive();
  EXPECT_TRUE(peer_.ended());
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_TRUE(sink_handler_.is_closed());
}

TEST_F(SplicePumpTest, AResetOfTheSourceIsReportedThere) {
  OpenBoth();
  StartPump();
  peer_.Reset();
  Turn(2);
  EXPECT_EQ(handler_.close_reason, CloseReason::kRemoteReset);
  EXPECT_TRUE(handler_.is_closed());
  EXPECT_FALSE(pump_->is_running());
  EXPECT_FALSE(sink_->is_closing());
}

TEST_F(SplicePumpTest, AResetOfTheSinkIsReportedThereAndKillsNobody) {
  for (Socket kind : {Socket::kTcp, Socket::kUnix}) {
    handler_.events.clear();
    sink_handler_.events.clear();
    OpenBoth(kind);
    StartPump();
    sink_->PauseReading();  // so that the write finds it first
    far_peer_.Reset();
    peer_.Send("into the void");
    Turn(2);
    EXPECT_FALSE(pump_->is_running());
    sink_->ResumeReading();
    Turn(2);
    EXPECT_TRUE(sink_handler_.is_closed());
    EXPECT_EQ(sink_handler_.close_reason, CloseReason::kRemoteReset);
    EXPECT_FALSE(connection_->is_closing());
    pump_.reset();
  }
}

TEST_F(SplicePumpTest, StoppingLosesNoByte) {
  OpenBoth();
  StartPump();
  const std::string sent = Pattern(30'000'000);
  size_t offset = 0;
  for (int i = 0; i < 200; ++i) {
    offset += peer_.Send(std::string_view(sent).substr(offset));
    Turn();
  }
  ASSERT_TRUE(connection_->is_reading_paused());
  pump_->Stop();
  EXPECT_FALSE(connection_->is_reading_paused());
  // What the pump would have moved now takes the usual way.
  handler_.on_read = [this](std::string_view bytes) {
    sink_->output().Append(bytes);
    sink_->FlushLater();
    return bytes.size();
  };
  std::string received;
  EXPECT_TRUE(TurnUntil([&] {
    received += far_peer_.Receive();
    return received.size() == offset;
  }));
  EXPECT_TRUE(received == sent.substr(0, offset));
  EXPECT_EQ(sink_->bytes_written(), offset);
}

TEST_F(SplicePumpTest, AFlushingCloseOfTheSinkIncludesThePipe) {
  OpenBoth();
  StartPump();
  for (int i = 0; i < 200; ++i) peer_.Send(std::string(256 * 1024, 'x')), Turn();
  const uint64_t taken = connection_->bytes_read();
  ASSERT_GT(taken, sink_->bytes_written());
  sink_->Close(CloseMode::kFlushNoWait);
  uint64_t received = 0;
  EXPECT_TRUE(TurnUntil([&] {
    received += far_peer_.Receive().size();
    return far_peer_.ended();
  }));
  EXPECT_GE(received, taken);
  EXPECT_TRUE(sink_handler_.is_closed());
  EXPECT_FALSE(pump_->is_running());
}

TEST_F(SplicePumpTest, APauseOfTheSourceHoldsIt) {
  OpenBoth();
  StartPump();
  connection_->PauseReading();
  peer_.Send("later");
  Turn(3);
  EXPECT_EQ(far_peer_.Receive(), "");
  connection_->ResumeReading();
  Turn();
  EXPECT_EQ(far_peer_.Receive(), "later");
}

TEST_F(SplicePumpTest, AnyOrderOfDestructionIsSafe) {
  const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const std::vector<int>& order : orders) {
    OpenBoth();
    StartPump();
    for (int i = 0; i < 100; ++i) peer_.Send(std::string(256 * 1024, 'x')), Turn();
    for (int which : order) {
      if (which == 0) pump_.reset();
      if (which == 1) connection_.reset();
      if (which == 2) sink_.reset();
      Turn();
    }
  }
}

TEST_F(SplicePumpTest, StartsOnlyWhenNothingWaits) {
  OpenBoth();
  sink_->output().Append("waiting");
  EXPECT_EQ(SplicePump::Start(*connection_, *sink_), nullptr);
  sink_->FlushLater();
  Turn();
  handler_.on_read = [](std::string_view) { return size_t{0}; };
  peer_.Send("kept");
  Turn();
  EXPECT_EQ(SplicePump::Start(*connection_, *sink_), nullptr);
  handler_.on_read = nullptr;
  peer_.Send("!");
  Turn();
  StartPump();
  EXPECT_EQ(SplicePump::Start(*connection_, *sink_), nullptr) << "one pump a direction";
  pump_->Stop();
  connection_->Close(CloseMode::kNow);
  EXPECT_EQ(SplicePump::Start(*connection_, *sink_), nullptr);
}

TEST_F(SplicePumpTest, ReadingGoesOnAsUsualAfterStop) {
  OpenBoth();
  StartPump();
  pump_.reset();
  peer_.Send("seen");
  Turn();
  EXPECT_EQ(handler_.received, "seen");
}

}  // namespace
}  // namespace weir::net
