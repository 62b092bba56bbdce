#include "test/bench/talk.h"

#include <deque>
#include <unordered_map>
#include <utility>

#include "test/bench/http2_wire.h"
#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

constexpr size_t kMostHeadBytes = 64 * 1024;
constexpr size_t kTcpBytes = 64;
constexpr size_t kGrpcBytes = 128;

class TcpTalk final : public Talk {
 public:
  void Begin(uint64_t now_ns, std::string& output) override {
    began_ns_ = now_ns;
    to_come_ = kTcpBytes;
    output.append(kTcpBytes, 'p');
  }

  bool Receive(std::string_view bytes, std::string& /*output*/, Ended& ended) override {
    if (bytes.size() > to_come_) return false;
    to_come_ -= bytes.size();
    if (to_come_ == 0) ended.began_ns.push_back(began_ns_);
    return true;
  }

 private:
  uint64_t began_ns_ = 0;
  size_t to_come_ = 0;
};

class Http1Talk final : public Talk {
 public:
  void Begin(uint64_t now_ns, std::string& output) override {
    began_ns_ = now_ns;
    head_.clear();
    in_body_ = false;
    output +=
        "GET /bench HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
        "Accept-Encoding: gzip, deflate\r\nAccept-Language: en\r\n\r\n";
  }

  bool Receive(std::string_view bytes, std::string& /*output*/, Ended& ended) override {
    if (!in_body_) {
      head_.append(bytes);
      const size_t end = EndOfHead(head_);
      if (end == std::string_view::npos) return head_.size() < kMostHeadBytes;
      const std::string_view head = std::string_view(head_).substr(0, end);
      const std::string_view length = HeaderValue(head, "content-length");
      if (length.empty()) return false;
      if (!head.starts_with("HTTP/1.1 200")) ++ended.bad_status;
      in_body_ = true;
      to_come_ = ParseNumber(length);
      bytes = std::string_view(head_).substr(end);
    }
    if (bytes.size() > to_come_) return false;
    to_come_ -= bytes.size();
    if (to_come_ == 0) ended.began_ns.push_back(began_ns_);
    return true;
  }

 private:
  uint64_t began_ns_ = 0;
  std::string head_;  // what came of the response's
  bool in_body_ = false;
  uint64_t to_come_ = 0;
};

class Http2Talk final : public Talk {
 public:
  explicit Http2Talk(bool is_grpc) : is_grpc_(is_grpc), body_(is_grpc ? GrpcMessage() : "") {}

  void Open(std::string& output) override {
    output.append(kPreface);
    AppendSettings(output);
  }

  void Begin(uint64_t now_ns, std::string& output) override {
    waiting_.push_back(now_ns);
    SendWaiting(output);
  }

  bool Receive(std::string_view bytes, std::string& output, Ended& ended) override {
    frames_.Append(bytes);
    for (Frame frame; frames_.Next(frame);) {
      if (!Receive(frame, output, ended)) return false;
    }
    return true;
  }

 private:
  static std::string GrpcMessage() {
    constexpr size_t kPrefixBytes = 5;
    return std::string(1, '\0') + Number32(kGrpcBytes - kPrefixBytes) +
           std::string(kGrpcBytes - kPrefixBytes, 'y');
  }

  bool Receive(const Frame& frame, std::string& output, Ended& ended) {
    switch (frame.type) {
      case FrameType::kHeaders:
        return ReceiveHead(frame, ended);
      case FrameType::kData:
        received_.Count(frame.payload.size(), output);
        return EndIfLast(frame, ended);
      case FrameType::kSettings:
        if ((frame.flags & kAck) != 0) return true;
        fields_.ReadSettings(frame);
        AppendFrame(output, FrameType::kSettings, kAck, 0, {});
        return true;
      case FrameType::kPing:
        if ((frame.flags & kAck) == 0) {
          AppendFrame(output, FrameType::kPing, kAck, 0, frame.payload);
        }
        return true;
      case FrameType::kWindowUpdate:
        if (frame.stream == 0) window_ += ParseNumber32(frame.payload);
        SendWaiting(output);
        return true;
      case FrameType::kRstStream:  // a reset with NO_ERROR follows an answer that came early
        return under_way_.count(frame.stream) == 0;
      case FrameType::kGoaway:
        return false;
    }
    return true;
  }

  bool ReceiveHead(const Frame& frame, Ended& ended) {
    const auto found = under_way_.find(frame.stream);
    if (found == under_way_.end()) return false;
    if (!std::exchange(found->second.has_head, true) && !IsStatus200(frame)) ++ended.bad_status;
    return EndIfLast(frame, ended);
  }

  bool EndIfLast(const Frame& frame, Ended& ended) {
    if ((frame.flags & kEndStream) == 0) return true;
    const auto found = under_way_.find(frame.stream);
    if (found == under_way_.end()) return false;
    ended.began_ns.push_back(found->second.began_ns);
    under_way_.erase(found);
    return true;
  }

  void SendWaiting(std::string& output) {
    while (!waiting_.empty() && window_ >= static_cast<int64_t>(body_.size())) {
      Send(waiting_.front(), output);
      waiting_.pop_front();
    }
  }

  void Send(uint64_t began_ns, std::string& output) {
    const uint32_t stream = next_stream_;
    next_stream_ += 2;
    std::string block;
    WriteHead(block);
    const bool has_body = !body_.empty();
    AppendFrame(output, FrameType::kHeaders,
                has_body ? kEndHeaders : static_cast<uint8_t>(kEndHeaders | kEndStream), stream,
                block);
    if (has_body) AppendFrame(output, FrameType::kData, kEndStream, stream, body_);
    window_ -= static_cast<int64_t>(body_.size());
    under_way_[stream] = {began_ns, false};
  }

  void WriteHead(std::string& block) {
    fields_.Write(block, ":method", is_grpc_ ? "POST" : "GET");
    fields_.Write(block, ":scheme", "http");
    fields_.Write(block, ":authority", "bench.test");
    fields_.Write(block, ":path", is_grpc_ ? "/bench.Service/Method" : "/bench");
    fields_.Write(block, "user-agent", "bench/1");
    if (is_grpc_) {
      fields_.Write(block, "content-type", "application/grpc");
      fields_.Write(block, "te", "trailers");
    } else {
      fields_.Write(block, "accept", "*/*");
      fields_.Write(block, "accept-language", "en");
    }
  }

  struct Exchange {
    uint64_t began_ns;
    bool has_head;
  };

  const bool is_grpc_;
  const std::string body_;
  FrameReader frames_;
  HeaderWriter fields_;
  ReceiveWindow received_;
  int64_t window_ = kInitialWindowBytes;
  uint32_t next_stream_ = 1;
  std::unordered_map<uint32_t, Exchange> under_way_;
  std::deque<uint64_t> waiting_;  // for the window; when they began
};

}  // namespace

std::unique_ptr<Talk> MakeHttp1Talk() { return std::make_unique<Http1Talk>(); }
std::unique_ptr<Talk> MakeHttp2Talk() { return std::make_unique<Http2Talk>(false); }
std::unique_ptr<Talk> MakeGrpcTalk() { return std::make_unique<Http2Talk>(true); }
std::unique_ptr<Talk> MakeTcpTalk() { return std::make_unique<TcpTalk>(); }

}  // namespace weir::bench
