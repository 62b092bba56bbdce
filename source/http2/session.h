// An nghttp2 session and its streams: bytes in, frames out, flow control, floods and the ends of
// things; the two sides (server_connection, client_connection) build on it.
//
//   Feed: FrameGuard looks → nghttp2 reads → callbacks → streams' handlers; then everything that
//   nghttp2 has to say is written to the connection's output, once. A call from outside Feed writes
//   at once. While the connection's output is over its mark bodies wait, and so do further
//   requests; control frames and heads do not, or a connection would never end that nobody reads
//   from, but only so many of them are borne.
//
// After a fatal error, or when nghttp2 wants to read no more, the session is never fed again.
// Worker's thread; callbacks must not destroy it.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/http2/frame_guard.h"
#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"
#include "source/http2/reset_budget.h"
#include "source/http2/session_memory.h"
#include "source/http2/stream.h"

namespace weir::http2 {

class Session {
 public:
  enum class Side : uint8_t { kServer, kClient };

  // For streams.
  // Something may be written for `stream`, which may be gone afterwards.
  void WriteFor(Stream& stream);
  void ResumeBody(Stream& stream);
  // Sends the trailers of a body that was sent already: they need no window. False: not possible.
  bool SubmitTrailers(Stream& stream);
  void ReturnWindow(Stream& stream);
  // So many bytes more, or fewer, wait to be sent.
  void NotePending(int64_t bytes);
  void DropPending(Stream& stream);
  void Reset(Stream& stream, uint32_t code);

 protected:
  Session(Side side, http::CodecOutput& output, const Options& options, Stats& stats);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What the sides add. `stream` null: one we do not know; null returned: nobody wants it.
  virtual Stream* OnHeadBegins(int32_t id, Stream* stream) = 0;
  virtual void OnHeadComplete(Stream& stream, bool ends_stream) = 0;
  // nghttp2 found a message malformed and resets its stream.
  virtual void OnMalformed(Stream& stream) = 0;
  virtual void OnGoaway() = 0;
  virtual void OnPeerSettings() = 0;
  virtual void OnPong() = 0;
  virtual void OnStreamGone() = 0;  // after TellDone and when the stream has left the count
  virtual bool YieldReading() = 0;
  virtual void HoldReading(bool holds) = 0;  // nothing new is begun until the output is low
  virtual void OnEnd(bool lingers) = 0;      // the connection is done
  virtual void Free(Stream& stream) = 0;

  size_t FeedBytes(std::string_view bytes);
  // Writes what there is to say, and sees to what has ended. Outermost calls only.
  void Write();
  void SetOutputHigh(bool is_high);
  // http2/peer_watch.h says when.
  void CheckSettings();
  bool CheckStreamsMove();
  // All streams end with `error`, and nothing is said to the peer any more.
  void Lose(const http::StreamError& error);
  // Without a word to handlers: the connection is being destroyed.
  void FreeAll();
  void Attach(Stream& stream, int32_t id);
  void Track(Stream& stream);
  nghttp2_data_provider BodyOf(Stream& stream) const;
  // Else a body waits until the one before it is over, which may be never (RFC 9218 §4.2).
  void ShareFairly(Stream& stream);
  // A stream ended before its time, and the peer is to blame.
  void CountCutShort();
  // False: with this head, all that are kept together are too large.
  bool AdmitHead(Stream& stream);
  void Terminate(uint32_t code);
  bool is_over() const { return is_over_; }
  bool is_inside() const { return depth_ > 0; }
  uint32_t stream_count() const { return stream_count_; }
  nghttp2_session* session() const { return session_; }
  bool IsHeadComing() const { return guard_.is_head_coming(); }

  const Options& options_;
  Stats& stats_;

 private:
  friend class Stream;
  struct Callbacks;

  // While one lives, nghttp2 or handlers run: nothing is written and no stream goes away.
  class Scope {
   public:
    explicit Scope(Session& session) : session_(session) { ++session_.depth_; }
    ~Scope() { --session_.depth_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Session& session_;
  };

  void SubmitSettings();
  bool Read(std::string_view bytes);
  void Flush();
  // Frees what is closed, lets go of what was cut, and ends the connection when it is over.
  void Settle();
  void OnHeadersFrame(Stream& stream, bool ends_stream);
  void DeliverBody(Stream& stream, bool ends_stream);
  void OnSent(const nghttp2_frame& frame);
  void OnHeadNotSent(Stream& stream);
  void OnClosed(Stream& stream, uint32_t code);
  void OnResetFrame(Stream* stream);
  void CountPadding(const nghttp2_frame& frame);
  void CountWaiting(const nghttp2_frame& frame);
  void Calm();
  void GiveUpStalled(Stream& stream);
  http::StreamError ErrorOf(const Stream& stream, uint32_t code) const;
  uint64_t SendHighMark(const Stream& stream) const;
  bool CheckSendMark(Stream& stream);

  const Side side_;
  http::CodecOutput& output_;
  SessionMemory memory_;  // of a server's
  nghttp2_session* session_ = nullptr;
  FrameGuard guard_;
  ResetBudget resets_;
  base::IntrusiveList<Stream> streams_;
  base::IntrusiveList<Stream> closed_;
  Stream* partial_ = nullptr;  // the one that has received_ bytes of an incomplete frame
  uint64_t padding_bytes_ = 0, payload_bytes_ = 0;
  uint64_t head_bytes_ = 0;        // of all streams' heads, as they are charged
  uint64_t pending_bytes_ = 0;     // of all streams' bodies, to be sent
  uint64_t unreturned_bytes_ = 0;  // of all paused streams' windows
  uint64_t sent_bytes_ = 0;        // of bodies
  Progress progress_;              // of what we send
  uint32_t stream_count_ = 0;
  uint32_t depth_ = 0;
  bool has_cut_ = false;  // streams were cut whose handlers have not been told that they are done
  bool is_over_ = false;
  bool is_ending_ = false;   // a GOAWAY of ours ends it
  bool is_broken_ = false;   // nghttp2 has said that it cannot go on
  bool is_settled_ = false;  // the peer has acknowledged our SETTINGS
  bool is_output_high_ = false;
  bool is_holding_ = false;
  // Put into the output while that was high.
  uint32_t waiting_frames_ = 0, waiting_control_frames_ = 0;
  uint64_t waiting_bytes_ = 0;
};

}  // namespace weir::http2
