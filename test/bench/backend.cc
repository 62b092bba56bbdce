// The origin behind the proxies: as cheap as a server can be, so that it is never the bottleneck.
//
//   backend http PORTS BODY_BYTES   answers every GET with 200 and BODY_BYTES bytes, keep-alive
//   backend grpc PORTS BODY_BYTES   HTTP/2 in plaintext: answers every request with 200, BODY_BYTES
//                                   bytes and trailers
//   backend echo PORTS              sends back what it gets
//
// One process serves all ports: three endpoints cost no more than one. Answers are small enough for
// a socket's buffer; a connection whose peer does not read is cut.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/http2_wire.h"
#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

// What one connection answers: bytes in, bytes out.
class Answerer {
 public:
  virtual ~Answerer() = default;
  // False: nonsense, or its end.
  virtual bool Answer(std::string_view bytes, std::string& output) = 0;
};

class Echo final : public Answerer {
 public:
  bool Answer(std::string_view bytes, std::string& output) override {
    output.append(bytes);
    return true;
  }
};

class Http1Answerer final : public Answerer {
 public:
  explicit Http1Answerer(const std::string& response) : response_(response) {}

  static std::string MakeResponse(size_t body_bytes) {
    return "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'x');
  }

  bool Answer(std::string_view bytes, std::string& output) override {
    if (!partial_head_.empty()) {
      partial_head_.append(bytes);
      bytes = partial_head_;
    }
    for (size_t end; (end = EndOfHead(bytes)) != std::string_view::npos;) {
      bytes.remove_prefix(end);
      output += response_;
    }
    partial_head_ = std::string(bytes);
    return true;
  }

 private:
  const std::string& response_;
  std::string partial_head_;  // of a request whose end has not come yet
};

class GrpcAnswerer final : public Answerer {
 public:
  explicit GrpcAnswerer(const std::string& body) : body_(body) {}

  bool Answer(std::string_view bytes, std::string& output) override {
    if (preface_to_come_ == kPreface.size()) AppendSettings(output);
    const size_t skipped = std::min(preface_to_come_, bytes.size());
    preface_to_come_ -= skipped;
    frames_.Append(bytes.substr(skipped));
    for (Frame frame; frames_.Next(frame);) {
      if (frame.type == FrameType::kGoaway) return false;
      OnFrame(frame, output);
    }
    while (!waiting_.empty() && window_ >= static_cast<int64_t>(body_.size())) {
      Respond(waiting_.front(), output);
      waiting_.pop_front();
    }
    return true;
  }

 private:
  void OnFrame(const Frame& frame, std::string& output) {
    const bool is_ack = (frame.flags & kAck) != 0;
    if (frame.type == FrameType::kSettings && !is_ack) {
      fields_.ReadSettings(frame);
      AppendFrame(output, FrameType::kSettings, kAck, 0, {});
    } else if (frame.type == FrameType::kPing && !is_ack) {
      AppendFrame(output, FrameType::kPing, kAck, 0, frame.payload);
    } else if (frame.type == FrameType::kWindowUpdate && frame.stream == 0) {
      window_ += ParseNumber32(frame.payload);
    } else if (frame.type == FrameType::kData || frame.type == FrameType::kHeaders) {
      if (frame.type == FrameType::kData) received_.Count(frame.payload.size(), output);
      if ((frame.flags & kEndStream) != 0) waiting_.push_back(frame.stream);
    }
  }

  void Respond(uint32_t stream, std::string& output) {
    std::string head, trailers;
    fields_.Write(head, ":status", "200");
    fields_.Write(head, "content-type", "application/grpc");
    fields_.Write(trailers, "grpc-status", "0");
    AppendFrame(output, FrameType::kHeaders, kEndHeaders, stream, head);
    AppendFrame(output, FrameType::kData, 0, stream, body_);
    AppendFrame(output, FrameType::kHeaders, kEndHeaders | kEndStream, stream, trailers);
    window_ -= static_cast<int64_t>(body_.size());
  }

  const std::string& body_;
  size_t preface_to_come_ = kPreface.size();
  FrameReader frames_;
  HeaderWriter fields_;
  ReceiveWindow received_;
  int64_t window_ = kInitialWindowBytes;  // of the connection; a stream's is larger than an answer
  std::deque<uint32_t> waiting_;          // streams that are to be answered
};

class Backend {
 public:
  using MakeAnswerer = std::function<std::unique_ptr<Answerer>()>;

  Backend(const std::vector<uint16_t>& ports, MakeAnswerer make_answerer)
      : make_answerer_(std::move(make_answerer)) {
    for (const uint16_t port : ports) {
      listeners_.push_back(Listen(port));
      poller_.Add(listeners_.back(), EPOLLIN, new Peer{listeners_.back(), nullptr});
    }
  }

  [[noreturn]] void Run() {
    AnnounceReady(listeners_);
    while (true) {
      poller_.Wait(-1, [this](void* entry, uint32_t) { OnEvent(static_cast<Peer*>(entry)); });
    }
  }

 private:
  struct Peer {
    int fd;
    std::unique_ptr<Answerer> answerer;  // null: it listens
  };

  void OnEvent(Peer* peer) {
    if (peer->answerer == nullptr) {
      for (int fd = Accept(peer->fd); fd >= 0; fd = Accept(peer->fd)) {
        poller_.Add(fd, EPOLLIN, new Peer{fd, make_answerer_()});
      }
      return;
    }
    const ssize_t size = recv(peer->fd, scratch_, sizeof(scratch_), 0);
    if (size < 0 && errno == EAGAIN) return;
    output_.clear();
    const bool goes_on =
        size > 0 && peer->answerer->Answer({scratch_, static_cast<size_t>(size)}, output_);
    if (goes_on && SendAll(peer->fd)) return;
    close(peer->fd);
    delete peer;
  }

  bool SendAll(int fd) const {
    return output_.empty() || send(fd, output_.data(), output_.size(), MSG_NOSIGNAL) ==
                                  static_cast<ssize_t>(output_.size());
  }

  const MakeAnswerer make_answerer_;
  Poller poller_;
  std::vector<int> listeners_;
  std::string output_;  // of the connection that is looked at
  char scratch_[64 * 1024];
};

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (!(mode == "echo" && argc == 3) && !((mode == "http" || mode == "grpc") && argc == 4)) {
    std::fprintf(stderr, "usage: backend http|grpc PORTS BODY_BYTES | echo PORTS\n");
    return 2;
  }
  PrepareProcess();
  const size_t body_bytes = argc == 4 ? ParseNumber(argv[3]) : 0;
  const std::string response = Http1Answerer::MakeResponse(body_bytes);
  const std::string body(body_bytes, 'x');
  const auto make = [&]() -> std::unique_ptr<Answerer> {
    if (mode == "http") return std::make_unique<Http1Answerer>(response);
    if (mode == "grpc") return std::make_unique<GrpcAnswerer>(body);
    return std::make_unique<Echo>();
  };
  std::make_unique<Backend>(ParsePorts(argv[2]), make)->Run();
}
