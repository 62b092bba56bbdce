// One bidirectional gRPC stream that carries serialised messages, driven from an event loop.
//
// gRPC's threads do the I/O; everything a handler hears arrives by Post on the loop's thread.
// Messages are opaque bytes here: whoever knows the protobuf type serialises, and may have what
// arrives decoded on gRPC's thread. The next message is read only when the handler has returned
// from the last, so at most one waits in memory. grpc++ headers stay inside this folder's .cc
// files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "source/event/loop.h"

namespace weir::rpc {

// What a message was decoded to.
class Decoded {
 public:
  virtual ~Decoded() = default;
};
// Runs on gRPC's thread, so that a big message keeps the loop as little as a small one. It may
// outlive whoever hears of its messages, and must not refer to them.
using Decoder = std::function<std::unique_ptr<Decoded>(std::string bytes)>;

class BidiStreamHandler {
 public:
  virtual ~BidiStreamHandler() = default;
  // Asked once, before the call begins. Null: messages come as bytes.
  virtual Decoder MakeDecoder() { return nullptr; }
  // The call has left for the server: there is a connection. Before any message; clients only.
  virtual void OnOpen() {}
  // A message comes one of these ways, by whether there is a decoder.
  virtual void OnMessage(std::string /*bytes*/) {}
  virtual void OnDecoded(std::unique_ptr<Decoded> /*message*/) {}
  // Nothing that was sent waits here any more: gRPC has it, as far as the peer's window goes. Who
  // sends much to peers that may be slow pauses reading until then.
  virtual void OnAllSent() {}
  // Last call: the status the server ended with, or why there was none. gRPC's codes.
  virtual void OnEnd(absl::Status status) = 0;
};

// Destroying it cancels the call; the handler hears nothing more. It may be destroyed from within
// its handler. Loop's thread.
class BidiStream {
 public:
  virtual ~BidiStream() = default;
  // Messages are written in order; those of a stream that ended are dropped.
  virtual void Send(std::string bytes) = 0;
  // Backpressure: while paused no further message is read. A message that was on its way to the
  // handler before the call still arrives; called from OnMessage there is none.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

// A way to one server. Loop's thread. Its streams may outlive it.
class Channel {
 public:
  virtual ~Channel() = default;
  // `method`: "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources".
  virtual std::unique_ptr<BidiStream> OpenBidiStream(std::string_view method,
                                                     const Metadata& metadata,
                                                     BidiStreamHandler& handler) = 0;

  // One of gRPC's own channel arguments, by its name.
  using Argument = std::pair<std::string, std::variant<int, std::string>>;

  struct Options {
    // Over those that we set. Without grpc.keepalive_time_ms no keepalive ping is sent: by default
    // a gRPC server takes more than two within five minutes of silence for an attack.
    std::vector<Argument> arguments = {};
    int64_t max_message_bytes = 50 * 1024 * 1024;
  };
  // gRPC resolves and connects to `target` itself (google_grpc).
  static std::unique_ptr<Channel> ToTarget(event::Loop& loop, const std::string& target,
                                           const Options& options);
  // Over a connected descriptor, which the channel owns from now on; when it breaks, every stream
  // ends and the channel is of no further use (envoy_grpc: our own connector dialled it).
  static std::unique_ptr<Channel> OverDescriptor(event::Loop& loop, int fd,
                                                 const std::string& authority,
                                                 const Options& options);
};

// gRPC's threads run while a channel, a stream or such a hold exists, and have ended when the last
// of them is gone. Who makes one channel after another keeps a hold, to start them only once.
std::shared_ptr<void> HoldThreads();

}  // namespace weir::rpc
