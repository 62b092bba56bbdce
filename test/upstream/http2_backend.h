// A server of a test that speaks HTTP/2 with prior knowledge. It does nothing between two calls of
// Run, and keeps every request until it is told to answer.
#pragma once

#include <memory>
#include <vector>

#include "test/http2/harness.h"
#include "test/upstream/backend.h"

namespace weir::upstream {

class Http2Backend {
 public:
  explicit Http2Backend(http2::Options connection_options = {}) : options(connection_options) {}

  const net::Address& address() const { return backend_.address(); }

  // Reads and writes whatever there is.
  void Run() {
    const size_t count = backend_.Accept();
    while (servers_.size() < count) {
      if (!hello.empty()) raw(servers_.size()).Send(hello);
      servers_.push_back(std::make_unique<http2::Server>(options));
      servers_.back()->answers = false;
    }
    for (size_t i = 0; i < count; ++i) {
      if (raw(i).fd() < 0) continue;
      servers_[i]->Receive(raw(i).Receive());
      raw(i).Send(servers_[i]->TakeOutput());
    }
  }
  // Answers all requests that have ended and still run; returns how many.
  int Answer() {
    Run();
    int answered = 0;
    for (const auto& server : servers_) {
      for (const auto& request : server->requests) {
        if (request->stream == nullptr || !request->ended) continue;
        request->Reply(200, "ok");
        ++answered;
      }
    }
    Run();
    return answered;
  }
  size_t connection_count() const { return servers_.size(); }
  http2::Server& server(size_t index) { return *servers_[index]; }
  net::RawPeer& raw(size_t index) { return backend_.peer(index); }
  // Requests that run now.
  int running_count() const {
    int count = 0;
    for (const auto& server : servers_) {
      for (const auto& request : server->requests) count += int{request->stream != nullptr};
    }
    return count;
  }
  int seen_count() const {
    size_t count = 0;
    for (const auto& server : servers_) count += server->requests.size();
    return static_cast<int>(count);
  }

  http2::Options options;  // of connections to come
  std::string hello;       // what a connection begins with: see FakeTransport

 private:
  Backend backend_;
  std::vector<std::unique_ptr<http2::Server>> servers_;
};

}  // namespace weir::upstream
