#include "source/rpc/stream_server.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "source/base/thread.h"
#include "source/event/loop.h"
#include "source/rpc/grpc_types.h"
#include "test/rpc/recording_handler.h"
#include "test/rpc/waiting.h"

namespace weir::rpc {
namespace {

class StreamServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = Server::Start(loop_, "127.0.0.1:0", [this](auto stream) {
      peers_.emplace_back();
      peers_.back().stream = std::move(stream);
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = Channel::ToTarget(loop_, server_->address(), {});
  }

  // One call, both ends; reading has begun on both.
  Peer& Open() {
    const size_t count = peers_.size();
    client_.is_open = false;
    client_stream_ = channel_->OpenBidiStream("/test.Service/Talk", {{"who", "me"}}, client_);
    EXPECT_TRUE(Until([&] { return peers_.size() > count && client_.is_open; }));
    peers_.back().stream->Start(peers_.back().heard);
    return peers_.back();
  }
  template <class Condition>
  bool Until(Condition condition) {
    return test::TurnUntil(loop_, condition);
  }

  event::Loop loop_{"test", base::kMainThread};
  std::deque<Peer> peers_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Channel> channel_;
  RecordingHandler client_;
  std::unique_ptr<BidiStream> client_stream_;
};

TEST_F(StreamServerTest, SaysWhereItListens) {
  EXPECT_EQ(server_->address().rfind("127.0.0.1:", 0), 0u);
  EXPECT_NE(server_->address(), "127.0.0.1:0");
}

TEST_F(StreamServerTest, AnAddressInUseIsAnError) {
  auto second = Server::Start(loop_, server_->address(), [](auto) {});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(server_->address()), absl::string_view::npos);
  EXPECT_FALSE(Server::Start(loop_, "no address", [](auto) {}).ok());
}

TEST_F(StreamServerTest, TellsWhoCallsWhat) {
  Peer& peer = Open();
  EXPECT_EQ(peer.stream->method(), "/test.Service/Talk");
  EXPECT_NE(peer.stream->peer().find("127.0.0.1"), std::string::npos) << peer.stream->peer();
  const auto& metadata = peer.stream->metadata();
  EXPECT_NE(std::find(metadata.begin(), metadata.end(),
                      std::make_pair(std::string("who"), std::string("me"))),
            metadata.end());
}

TEST_F(StreamServerTest, TellsWhenAllIsSent) {
  Peer& peer = Open();
  client_stream_->PauseReading();
  // Into the read that was under way.
  peer.stream->Send("small");
  ASSERT_TRUE(Until([&] { return client_.messages.size() == 1 && peer.heard.all_sent == 1; }));
  // More than the windows take, and nobody reads.
  peer.stream->Send(std::string(24 * 1024 * 1024, 'x'));
  client_stream_->Send("hello");
  ASSERT_TRUE(Until([&] { return peer.heard.messages.size() == 1 && client_.all_sent == 1; }));
  EXPECT_EQ(peer.heard.all_sent, 1);
  client_stream_->ResumeReading();
  ASSERT_TRUE(Until([&] { return client_.messages.size() == 2 && peer.heard.all_sent == 2; }));
}

TEST_F(StreamServerTest, AnswersAUnaryCall) {
  const std::string request = "what?", answer = "that";
  server_ = *Server::Start(loop_, "127.0.0.1:0", [&](auto stream) {
    auto& peer = peers_.emplace_back();
    peer.stream = std::move(stream);
    peer.heard.on_message = [&](const std::string&) {
      peer.stream->Send(answer);
      peer.stream->Finish(absl::OkStatus());
    };
    peer.stream->Start(peer.heard);
  });
  // As any client of gRPC makes it: blocking, so not on the loop's thread.
  std::string heard;
  std::atomic<bool> is_done{false};
  std::thread client([&] {
    auto channel = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    grpc::internal::RpcMethod method("/test.Service/Ask", grpc::internal::RpcMethod::NORMAL_RPC,
                                     channel);
    grpc::ByteBuffer reply;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
            channel.get(), method, &context, ToByteBuffer(request), &reply);
    heard = status.ok() ? ToString(reply) : status.error_message();
    is_done = true;
  });
  const bool ended = Until([&] { return is_done.load(); });
  client.join();
  ASSERT_TRUE(ended);
  EXPECT_EQ(heard, answer);
  EXPECT_EQ(peers_.back().heard.messages, std::vector<std::string>{request});
}

TEST_F(StreamServerTest, FinishSendsWhatIsQueuedAndThenTheStatus) {
  Peer& peer = Open();
  for (int i = 0; i < 50; ++i) peer.stream->Send(std::to_string(i));
  peer.stream->Finish(absl::ResourceExhaustedError("enough"));
  peer.stream->Send("too late");
  ASSERT_TRUE(Until([&] { return client_.end.has_value() && peer.heard.end.has_value(); }));
  EXPECT_EQ(client_.messages.size(), 50u);
  EXPECT_EQ(*client_.end, absl::ResourceExhaustedError("enough"));
}

TEST_F(StreamServerTest, FinishSurvivesTheStreamsDestruction) {
  Peer& peer = Open();
  peer.stream->Send("last words");
  peer.stream->Finish(absl::OkStatus());
  peer.stream.reset();
  ASSERT_TRUE(Until([&] { return client_.end.has_value(); }));
  EXPECT_EQ(client_.messages, std::vector<std::string>{"last words"});
  EXPECT_TRUE(client_.end->ok());
  EXPECT_FALSE(peer.heard.end.has_value());
}

TEST_F(StreamServerTest, DestroyingAStreamResetsTheCall) {
  Peer& peer = Open();
  peer.stream.reset();
  ASSERT_TRUE(Until([&] { return client_.end.has_value(); }));
  EXPECT_FALSE(client_.end->ok());
}

TEST_F(StreamServerTest, ACallCanBeRefusedUnread) {
  server_ = *Server::Start(loop_, "127.0.0.1:0",
                           [](auto stream) { stream->Finish(absl::UnimplementedError("no")); });
  channel_ = Channel::ToTarget(loop_, server_->address(), {});
  client_stream_ = channel_->OpenBidiStream("/test.Service/Other", {}, client_);
  ASSERT_TRUE(Until([&] { return client_.end.has_value(); }));
  EXPECT_EQ(*client_.end, absl::UnimplementedError("no"));
}

TEST_F(StreamServerTest, HearsThatTheClientHasGone) {
  Peer& peer = Open();
  client_stream_.reset();
  EXPECT_TRUE(Until([&] { return peer.heard.end.has_value(); }));
}

TEST_F(StreamServerTest, EndsEveryStreamWithItself) {
  Peer& peer = Open();
  auto other = channel_->OpenBidiStream("/test.Service/Talk", {}, client_);  // not taken up yet
  server_.reset();
  ASSERT_TRUE(Until([&] { return client_.end.has_value(); }));
  EXPECT_FALSE(client_.end->ok());
  // Its streams may outlive it, to no effect.
  peer.stream->Send("nobody reads this");
  peer.stream->Finish(absl::OkStatus());
  peer.stream->ResumeReading();
  loop_.RunReady();
  EXPECT_FALSE(peer.heard.end.has_value());
}

TEST_F(StreamServerTest, ACallThatWaitsForTheLoopEndsWithTheServer) {
  RecordingHandler second;
  auto stream = channel_->OpenBidiStream("/test.Service/Talk", {}, second);
  Open();  // the first was accepted before this one: it is known, or on its way to the loop
  server_.reset();
  EXPECT_TRUE(Until([&] { return second.end.has_value() && client_.end.has_value(); }));
}

}  // namespace
}  // namespace weir::rpc
