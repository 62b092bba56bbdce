// One HTTP/2 stream as the session keeps it: what waits to be sent, what was received and not yet
// given back to the peer's window, and how far either direction has come. The side (server,
// client) adds what its handler hears. Lives until nghttp2 has closed the stream, which may be
// after its handler was let go. Worker's thread.
#pragma once

#include <cstdint>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/http2/head_reader.h"
#include "source/http2/progress.h"

namespace weir::http2 {

class Session;

class Stream : public base::ListNode<Stream> {
 public:
  explicit Stream(Session& session) : session_(session) {}
  virtual ~Stream() = default;

  int32_t id() const { return id_; }
  // What comes for it is of interest.
  bool is_listening() const { return !is_cut_ && !is_closed_; }

 protected:
  friend class Session;

  // What the handler hears. Called only while there is one (has_handler).
  virtual bool has_handler() const = 0;
  virtual void TellBody(bool ends_stream) = 0;  // received_
  virtual void TellTrailers() = 0;              // head_reader_ holds them
  virtual void TellReset(const http::StreamError& error) = 0;
  virtual void TellSendHigh() = 0;
  virtual void TellSendLow() = 0;
  // The last call to the handler; has_handler() is false from now on.
  virtual void TellDone() = 0;
  virtual base::Arena& arena() = 0;

  // http::CodecStream for both sides.
  void QueueBody(base::Buffer& body, bool ends_stream);
  void QueueTrailers(const http::HeaderMap& trailers);
  void Cut(http::ResetKind kind);
  void Pause() { ++pauses_; }
  void Resume();
  bool KeepsPromise(size_t bytes, bool ends_stream);

  Session& session_;
  int32_t id_ = 0;  // 0: nothing was sent for it yet
  base::Buffer to_send_;
  base::Buffer received_;
  HeadReader head_reader_;
  http::HeaderMap* trailers_ = nullptr;  // to be sent behind to_send_; a copy in the arena
  int64_t promised_bytes_ = -1;          // of the body that we send and have not seen yet; -1: any
  uint64_t unreturned_bytes_ = 0;        // of the receive window, while paused
  uint64_t withheld_bytes_ = 0;          // of those, what the connection's window lacks as well
  uint64_t sent_bytes_ = 0;              // of the body
  uint64_t head_bytes_ = 0;              // of its part in what the session keeps of heads
  Progress progress_;                    // of what we send
  uint32_t pauses_ = 0;
  uint32_t informational_count_ = 0;
  bool head_received_ = false;  // the final one
  bool in_trailers_ = false;
  bool receive_ended_ = false;
  bool head_sent_ = false;
  bool send_ended_ = false;   // the handler has nothing more
  bool send_closed_ = false;  // END_STREAM was written
  bool is_bodiless_ = false;  // what we send has no body, whatever the handler says
  bool is_tunnel_ = false;
  bool is_deferred_ = false;  // nghttp2 waits for more of the body
  bool is_send_high_ = false;
  bool is_cut_ = false;    // by us
  bool is_reset_ = false;  // by the peer
  bool is_closed_ = false;
};

}  // namespace weir::http2
