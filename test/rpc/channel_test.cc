#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"
#include "source/rpc/stream_server.h"
#include "test/rpc/recording_handler.h"
#include "test/rpc/waiting.h"

namespace weir::rpc {
namespace {

constexpr char kEcho[] = "/test.Service/Echo";
constexpr char kQuiet[] = "/test.Service/Quiet";

int CountThreads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task"), end;
  return static_cast<int>(std::distance(tasks, end));
}

int ConnectTo(const std::string& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  return fd;
}

class ChannelTest : public ::testing::Test {
 protected:
  void SetUp() override { StartServer(); }

  void StartServer(const Server::Options& options = {}) {
    auto server = Server::Start(
        loop_, "127.0.0.1:0",
        [this](auto stream) {
          Peer& peer = peers_.emplace_back();
          peer.stream = std::move(stream);
          if (peer.stream->method() == kEcho) {
            peer.heard.on_message = [&peer](const std::string& text) { peer.stream->Send(text); };
          }
          peer.stream->Start(peer.heard);
        },
        options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::unique_ptr<Channel> Dial(const Channel::Options& options = {}) {
    return Channel::ToTarget(loop_, server_->address(), options);
  }
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, condition);
  }
  // A round trip on a stream of its own: time enough for whatever else would happen.
  void Barrier(Channel& channel) {
    for (int i = 0; i < 3; ++i) {
      RecordingHandler handler;
      auto stream = channel.OpenBidiStream(kEcho, {}, handler);
      stream->Send("ping");
      ASSERT_TRUE(Until([&] { return !handler.messages.empty(); }));
    }
  }

  event::Loop loop_{"test", base::kMainThread};
  std::deque<Peer> peers_;
  std::unique_ptr<Server> server_;
};

TEST_F(ChannelTest, MessagesArriveInOrderAfterTheOpening) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  std::vector<std::string> sent;
  for (int i = 0; i < 300; ++i) sent.push_back("message " + std::to_string(i));
  for (const std::string& message : sent) stream->Send(message);
  ASSERT_TRUE(Until([&] { return handler.messages.size() == sent.size(); }));
  EXPECT_EQ(handler.messages, sent);
  EXPECT_TRUE(handler.is_open);
  EXPECT_EQ(handler.messages_before_open, 0u);
  EXPECT_FALSE(handler.end.has_value());
}

TEST_F(ChannelTest, CallBacksRunOnTheLoop) {
  auto channel = Dial();
  RecordingHandler handler;
  handler.on_message = [&](const std::string&) { EXPECT_TRUE(loop_.IsThisThread()); };
  handler.on_open = [&] { EXPECT_TRUE(loop_.IsThisThread()); };
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  stream->Send("x");
  EXPECT_TRUE(Until([&] { return !handler.messages.empty(); }));
}

TEST_F(ChannelTest, EmptyAndBinaryMessagesPass) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  stream->Send("");
  stream->Send(std::string("\0\xff\0", 3));
  ASSERT_TRUE(Until([&] { return handler.messages.size() == 2; }));
  EXPECT_EQ(handler.messages[0], "");
  EXPECT_EQ(handler.messages[1], std::string("\0\xff\0", 3));
}

// A server that tolerates no pings, as gRPC's are by default, sends away who pings; we do so only
// when asked.
TEST_F(ChannelTest, PingsOnlyWhenAsked) {
  server_.reset();
  Server::Options options;
  options.min_ping_interval_ms = 300'000;
  StartServer(options);
  auto quiet = Dial();
  Channel::Options asked;
  asked.arguments = {{"grpc.keepalive_time_ms", 1}};
  auto pinging = Dial(asked);
  RecordingHandler of_quiet, of_pinging;
  auto quiet_stream = quiet->OpenBidiStream(kQuiet, {}, of_quiet);
  auto pinging_stream = pinging->OpenBidiStream(kQuiet, {}, of_pinging);
  ASSERT_TRUE(Until([&] { return of_pinging.end.has_value(); }));
  EXPECT_EQ(of_pinging.end->code(), absl::StatusCode::kUnavailable) << *of_pinging.end;
  EXPECT_FALSE(of_quiet.end.has_value());
}

TEST_F(ChannelTest, NobodyListeningIsAnEndWithoutAnOpening) {
  const std::string address = server_->address();
  server_.reset();
  auto channel = Channel::ToTarget(loop_, address, {});
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  stream->Send("x");
  ASSERT_TRUE(Until([&] { return handler.end.has_value(); }));
  EXPECT_EQ(handler.end->code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(handler.is_open);
  stream->Send("dropped");
}

TEST_F(ChannelTest, AServerThatDiesEndsTheStream) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kQuiet, {}, handler);
  ASSERT_TRUE(Until([&] { return handler.is_open && !peers_.empty(); }));
  server_.reset();
  ASSERT_TRUE(Until([&] { return handler.end.has_value(); }));
  EXPECT_FALSE(handler.end->ok());
}

TEST_F(ChannelTest, BigMessagesPassUpToTheLimit) {
  Channel::Options options;
  options.max_message_bytes = 8 * 1024 * 1024;
  auto channel = Dial(options);
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  const std::string big(8 * 1024 * 1024, 'b');
  stream->Send(big);
  ASSERT_TRUE(Until([&] { return !handler.messages.empty(); }));
  EXPECT_EQ(handler.messages.front(), big);
  // What the server sends beyond the limit ends the stream, and nothing else.
  peers_.front().stream->Send(big + "b");
  ASSERT_TRUE(Until([&] { return handler.end.has_value(); }));
  EXPECT_EQ(handler.end->code(), absl::StatusCode::kResourceExhausted);
  Barrier(*channel);
}

TEST_F(ChannelTest, ADestroyedStreamIsSilent) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kQuiet, {}, handler);
  ASSERT_TRUE(Until([&] { return handler.is_open && !peers_.empty(); }));
  peers_.front().stream->Send("on its way");
  stream.reset();
  ASSERT_TRUE(Until([&] { return peers_.front().heard.end.has_value(); }));
  Barrier(*channel);
  EXPECT_TRUE(handler.messages.empty());
  EXPECT_FALSE(handler.end.has_value());
}

TEST_F(ChannelTest, AStreamMayBeDestroyedByItsHandler) {
  auto channel = Dial();
  std::unique_ptr<BidiStream> stream;
  for (const char* when : {"open", "message", "end"}) {
    SCOPED_TRACE(when);
    RecordingHandler handler;
    bool is_gone = false;
    auto destroy = [&](const std::string& now) {
      if (now != when) return;
      stream.reset();
      is_gone = true;
    };
    handler.on_open = [&] { destroy("open"); };
    handler.on_message = [&](const std::string&) {
      destroy("message");
      if (stream != nullptr) peers_.back().stream->Finish(absl::OkStatus());
    };
    handler.on_end = [&] { destroy("end"); };
    stream = channel->OpenBidiStream(kEcho, {}, handler);
    stream->Send("x");
    ASSERT_TRUE(Until([&] { return is_gone; }));
    Barrier(*channel);
  }
}

TEST_F(ChannelTest, StreamsMayBeDestroyedAtAnyMoment) {
  auto channel = Dial();
  for (int turns = 0; turns < 30; ++turns) {
    RecordingHandler handler;
    auto stream = channel->OpenBidiStream(kEcho, {}, handler);
    stream->Send("x");
    for (int i = 0; i < turns; ++i) loop_.RunReady();
  }
  Barrier(*channel);
}

TEST_F(ChannelTest, StreamsMayOutliveTheChannel) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  channel.reset();
  stream->Send("still here");
  EXPECT_TRUE(Until([&] { return !handler.messages.empty(); }));
}

TEST_F(ChannelTest, ReadingPausesAndResumes) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  handler.on_message = [&](const std::string&) { stream->PauseReading(); };
  for (const char* text : {"1", "2", "3"}) stream->Send(text);
  for (size_t count = 1; count <= 3; ++count) {
    ASSERT_TRUE(Until([&] { return handler.messages.size() == count; }));
    Barrier(*channel);
    EXPECT_EQ(handler.messages.size(), count);
    stream->ResumeReading();
  }
}

TEST_F(ChannelTest, ResumingTwiceReadsOnce) {
  auto channel = Dial();
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  handler.on_message = [&](const std::string&) {
    stream->PauseReading();
    stream->ResumeReading();
    stream->ResumeReading();
  };
  for (const char* text : {"1", "2", "3"}) stream->Send(text);
  ASSERT_TRUE(Until([&] { return handler.messages.size() == 3; }));
  EXPECT_EQ(handler.messages, (std::vector<std::string>{"1", "2", "3"}));
}

// What a message became, and where.
struct Size final : Decoded {
  size_t bytes = 0;
  std::thread::id thread;
};

struct DecodingHandler final : BidiStreamHandler {
  explicit DecodingHandler(event::Loop& of) : loop(of) {}
  Decoder MakeDecoder() override {
    return [](const std::string& bytes) -> std::unique_ptr<Decoded> {
      if (bytes == "nonsense") return nullptr;
      auto size = std::make_unique<Size>();
      size->bytes = bytes.size();
      size->thread = std::this_thread::get_id();
      return size;
    };
  }
  void OnDecoded(std::unique_ptr<Decoded> message) override {
    EXPECT_TRUE(loop.IsThisThread());
    messages.push_back(std::move(message));
  }
  void OnEnd(absl::Status) override {}

  event::Loop& loop;
  std::vector<std::unique_ptr<Decoded>> messages;
};

TEST_F(ChannelTest, MessagesAreDecodedOffTheLoop) {
  auto channel = Dial();
  DecodingHandler handler(loop_);
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  for (const char* text : {"", "nonsense", "12345"}) stream->Send(text);
  ASSERT_TRUE(Until([&] { return handler.messages.size() == 3; }));
  EXPECT_EQ(static_cast<const Size&>(*handler.messages[0]).bytes, 0u);
  EXPECT_EQ(handler.messages[1], nullptr);
  const auto& last = static_cast<const Size&>(*handler.messages[2]);
  EXPECT_EQ(last.bytes, 5u);
  EXPECT_NE(last.thread, std::this_thread::get_id());
}

TEST_F(ChannelTest, SpeaksOverADescriptor) {
  auto channel = Channel::OverDescriptor(loop_, ConnectTo(server_->address()), "xds_cluster", {});
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  stream->Send("hello");
  ASSERT_TRUE(Until([&] { return !handler.messages.empty(); }));
  EXPECT_EQ(handler.messages.front(), "hello");
}

TEST_F(ChannelTest, ADescriptorSendsSmallMessagesAtOnce) {
  const int fd = ConnectTo(server_->address());
  const int same = dup(fd);
  auto channel = Channel::OverDescriptor(loop_, fd, "xds_cluster", {});
  int is_on = 0;
  socklen_t size = sizeof(is_on);
  EXPECT_EQ(getsockopt(same, IPPROTO_TCP, TCP_NODELAY, &is_on, &size), 0);
  EXPECT_NE(is_on, 0);
  close(same);
}

TEST_F(ChannelTest, OverADescriptorThereIsNoSecondConnection) {
  auto channel = Channel::OverDescriptor(loop_, ConnectTo(server_->address()), "xds_cluster", {});
  RecordingHandler first, second;
  auto stream = channel->OpenBidiStream(kQuiet, {}, first);
  ASSERT_TRUE(Until([&] { return first.is_open && !peers_.empty(); }));
  server_.reset();
  ASSERT_TRUE(Until([&] { return first.end.has_value(); }));
  StartServer();
  auto again = channel->OpenBidiStream(kEcho, {}, second);
  ASSERT_TRUE(Until([&] { return second.end.has_value(); }));
  EXPECT_FALSE(second.is_open);
  EXPECT_EQ(second.end->code(), absl::StatusCode::kUnavailable);
}

TEST_F(ChannelTest, ADescriptorWhosePeerIsNoServerEndsTheStream) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  auto channel = Channel::OverDescriptor(loop_, ends[0], "xds_cluster", {});
  RecordingHandler handler;
  auto stream = channel->OpenBidiStream(kEcho, {}, handler);
  const std::string garbage = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ASSERT_EQ(write(ends[1], garbage.data(), garbage.size()), static_cast<ssize_t>(garbage.size()));
  close(ends[1]);
  ASSERT_TRUE(Until([&] { return handler.end.has_value(); }));
  EXPECT_FALSE(handler.end->ok());
}

TEST(ChannelThreadsTest, NoneIsLeftRunning) {
  const int before = CountThreads();
  event::Loop loop("test", base::kMainThread);
  auto hold = HoldThreads();
  {
    auto server = *Server::Start(loop, "127.0.0.1:0", [](auto) {});
    auto channel = Channel::ToTarget(loop, server->address(), {});
    RecordingHandler handler;
    auto stream = channel->OpenBidiStream(kEcho, {}, handler);
    ASSERT_TRUE(test::TurnUntil(loop, [&] { return handler.is_open; }));
  }
  EXPECT_GT(CountThreads(), before);
  hold.reset();
  // A joined thread may be seen in /proc for a moment.
  EXPECT_TRUE(test::TurnUntil(loop, [&] { return CountThreads() == before; }));
}

}  // namespace
}  // namespace weir::rpc
