// What a stream's handler heard, for a test to look at.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/rpc/bidi_stream.h"
#include "source/rpc/stream_server.h"

namespace weir::rpc {

struct RecordingHandler : BidiStreamHandler {
  void OnOpen() override {
    is_open = true;
    messages_before_open = messages.size();
    if (on_open) on_open();
  }
  void OnMessage(std::string bytes) override {
    messages.push_back(std::move(bytes));
    if (on_message) on_message(messages.back());
  }
  void OnAllSent() override { ++all_sent; }
  void OnEnd(absl::Status status) override {
    end = std::move(status);
    if (on_end) on_end();
  }

  bool is_open = false;
  size_t messages_before_open = 0;
  std::vector<std::string> messages;
  int all_sent = 0;
  std::optional<absl::Status> end;
  std::function<void()> on_open;
  std::function<void(const std::string&)> on_message;
  std::function<void()> on_end;
};

// The server's end of one stream.
struct Peer {
  std::unique_ptr<IncomingStream> stream;
  RecordingHandler heard;
};

}  // namespace weir::rpc
