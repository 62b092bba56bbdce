// A gRPC server for bidirectional streams of serialised messages, any method, driven from an event
// loop: what weir-control and tests serve xDS with, and Weir its status. gRPC's thread does the
// I/O; every call-back runs on the loop's thread, which also owns the server and its streams.
//
// A unary call looks the same on the wire: answer its one message with Send() and Finish(OK).
//
//   auto server = rpc::Server::Start(loop, "127.0.0.1:0", [&](auto stream) {
//     if (stream->method() != kMethod) return stream->Finish(absl::UnimplementedError("…"));
//     clients.push_back(std::make_unique<Client>(std::move(stream)));  // which calls Start()
//   });
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/rpc/bidi_stream.h"

namespace weir::rpc {

// Destroying it resets the call, unless Finish() was called: then what was sent still goes out.
class IncomingStream : public BidiStream {
 public:
  virtual const std::string& method() const = 0;
  virtual const std::string& peer() const = 0;
  virtual const Metadata& metadata() const = 0;
  // Reading begins; OnEnd says that the client has finished or gone away, or that Finish() is done.
  virtual void Start(BidiStreamHandler& handler) = 0;
  // Ends the call with `status` behind the messages sent so far.
  virtual void Finish(const absl::Status& status) = 0;
};

class Server {
 public:
  using OnStream = absl::AnyInvocable<void(std::unique_ptr<IncomingStream>)>;

  struct Options {
    int64_t max_message_bytes = 50 * 1024 * 1024;
    // Clients that ping more often than this are sent away.
    int64_t min_ping_interval_ms = 5'000;
    // Connections that are silent for so long are pinged, and closed when no answer comes. 0:
    // gRPC's own two hours.
    int64_t keepalive_ms = 0;
  };

  // Listens on `address` ("127.0.0.1:0": any free port). The loop outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(event::Loop& loop,
                                                       const std::string& address,
                                                       OnStream on_stream, const Options& options);
  static absl::StatusOr<std::unique_ptr<Server>> Start(event::Loop& loop,
                                                       const std::string& address,
                                                       OnStream on_stream) {
    return Start(loop, address, std::move(on_stream), Options());
  }
  // Ends every stream; its threads have ended on return.
  virtual ~Server() = default;

  // Where it listens, with the port it got.
  virtual const std::string& address() const = 0;
};

}  // namespace weir::rpc
