// The contract between a codec (HTTP/1 or HTTP/2, server or client side) and its user: bytes in,
// events out; messages in, bytes out. Codecs know no sockets: they append to an output buffer and
// say so, which is how they are fuzzed without any.
//
// A server connection and its streams:
//   Feed(bytes) → OnNewStream → OnRequestHead → OnRequestBody* → [OnRequestTrailers] → …
//   stream.SendHead → SendBody* → [SendTrailers]      (the last of them with ends_stream)
// A client connection:
//   NewStream(handler) → SendHead …;  Feed(bytes) → [OnInformational*] OnResponseHead → …
//
// A stream handle is valid until both directions ended or OnStreamReset was called or Reset() was
// called; after that the codec makes no more calls on its handler, and OnStreamDone has told so
// (exactly once, last). The call that ends a stream (Send…, Reset) calls OnStreamDone before it
// returns, unless it is made from inside a callback: then OnStreamDone follows that callback.
//
// A tunnel looks the same whatever carries it: an extended CONNECT (RFC 8441) arrives as GET with
// `upgrade` set and is accepted with 101, as an HTTP/1 upgrade is; the codec translates both.
//
// All calls happen on the worker's thread; callbacks may call any method of the stream they are
// about, but must not destroy the codec. Feed is not re-entered.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"

namespace weir::http {

// Limits of what a peer may send; 0 nowhere means unlimited. Secure defaults.
struct CodecLimits {
  uint32_t max_head_bytes = 60 * 1024;
  uint32_t max_headers = 100;
  uint32_t max_uri_bytes = 16 * 1024;
  uint32_t max_trailer_bytes = 8 * 1024;
  uint32_t max_trailers = 20;
  uint32_t max_chunk_line_bytes = 256;
  // Bytes of chunk framing may exceed the bytes of payload by this much.
  uint64_t max_chunk_overhead_bytes = 64 * 1024;
  uint32_t max_informational = 10;  // 1xx responses before the final one

  friend bool operator==(const CodecLimits&, const CodecLimits&) = default;
};

// What a codec needs of the connection under it.
class CodecOutput {
 public:
  virtual base::Buffer& output() = 0;
  // Bytes were appended to output().
  virtual void OnOutput() = 0;
  // Nothing will follow what is in output(): end our direction once it is flushed, go on reading.
  // Only an upgraded HTTP/1 connection (a byte tunnel) says this.
  virtual void OnOutputEnd() = 0;

 protected:
  ~CodecOutput() = default;
};

enum class ResetKind : uint8_t { kCancel, kInternal, kProtocol, kRefused };

// One direction-independent handle of a stream.
class CodecStream {
 public:
  // An empty body with ends_stream is fine. Takes all of `body`.
  virtual void SendBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void SendTrailers(const HeaderMap& trailers) = 0;
  // Ends the stream abruptly. HTTP/1: the connection cannot be used again.
  virtual void Reset(ResetKind kind) = 0;
  // Stops OnRequestBody / OnResponseBody (counted). HTTP/1: the connection stops reading.
  virtual void PauseReceiving() = 0;
  virtual void ResumeReceiving() = 0;

 protected:
  ~CodecStream() = default;
};

class ServerStream : public CodecStream {
 public:
  // status ≥ 200, or 101 for an accepted upgrade. Framing fields are the codec's to write.
  virtual void SendHead(const ResponseHead& head, bool ends_stream) = 0;
  virtual void SendInformational(const ResponseHead& head) = 0;  // 1xx, not 101
};

class ClientStream : public CodecStream {
 public:
  virtual void SendHead(const RequestHead& head, bool ends_stream) = 0;
};

class ServerStreamHandler {
 public:
  // `head` stays valid until OnStreamDone; the handler may edit it.
  virtual void OnRequestHead(RequestHead& head, bool ends_stream) = 0;
  // The handler takes all bytes out of `body`.
  virtual void OnRequestBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void OnRequestTrailers(HeaderMap& trailers) = 0;
  // Nothing more can be sent or received. OnStreamDone follows.
  virtual void OnStreamReset(const StreamError& error) = 0;
  // Both directions ended, or the stream was reset: the handle is gone, let go of the head.
  virtual void OnStreamDone() = 0;
  // Too many bytes wait to be sent on this stream, and few enough again.
  virtual void OnSendHigh() = 0;
  virtual void OnSendLow() = 0;

 protected:
  ~ServerStreamHandler() = default;
};

class ClientStreamHandler {
 public:
  virtual void OnInformational(ResponseHead& head) = 0;
  virtual void OnResponseHead(ResponseHead& head, bool ends_stream) = 0;
  virtual void OnResponseBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void OnResponseTrailers(HeaderMap& trailers) = 0;
  virtual void OnStreamReset(const StreamError& error) = 0;
  virtual void OnStreamDone() = 0;
  virtual void OnSendHigh() = 0;
  virtual void OnSendLow() = 0;

 protected:
  ~ClientStreamHandler() = default;
};

// What the owner of a server connection hears.
class ServerConnectionHandler : public CodecOutput {
 public:
  // A request has begun; returns who handles it. The arena lives until OnStreamDone.
  virtual ServerStreamHandler& OnNewStream(ServerStream& stream, base::Arena& arena) = 0;
  // A head was refused before a stream could exist (bad syntax, too large …): the codec wrote
  // nothing. The owner answers with `status` through SendErrorReply and logs.
  virtual void OnBadRequest(const StreamError& error, int status) = 0;
  // Pause and resume of the socket, wanted by streams' PauseReceiving.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;
  // Feed has started as many requests as one turn of the loop should bear, and more bytes are
  // there. True: the owner has paused reading and undoes that in a later turn. False: Feed goes on.
  virtual bool YieldReading() { return false; }
  // No further request will be read; close once output() is flushed. `lingers`: bytes of the peer
  // may still be on their way and must be read and dropped for a while.
  virtual void OnConnectionDone(bool lingers) = 0;
  // Instead of OnConnectionDone: a response broke off whose end only the end of the connection
  // marks. Close with RST, or the peer takes what it has for the whole.
  virtual void OnConnectionAbort() = 0;
  // The answer to a SendPing.
  virtual void OnPingAck() {}

 protected:
  ~ServerConnectionHandler() = default;
};

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  // Returns how many of `bytes` were consumed; the rest is fed again, with more behind it.
  virtual size_t Feed(std::string_view bytes) = 0;
  virtual void OnPeerEnd() = 0;                                 // FIN
  virtual void OnConnectionLost(const StreamError& error) = 0;  // resets all streams
  // HTTP/2: tells the peer that the end is near (GOAWAY with the highest stream id); requests that
  // are on their way are still served. Drain() follows after a while. HTTP/1 knows nothing of it.
  virtual void AnnounceDrain() {}
  // Finish what runs, take no new request (connection: close / GOAWAY with the last stream's id).
  virtual void Drain() = 0;
  // HTTP/2's keepalive (RFC 9113 §6.7); OnPingAck answers. HTTP/1 has none.
  virtual void SendPing() {}
  // HTTP/2: what the peer had to do, and had time for (http2/peer_watch.h).
  virtual void CheckSettled() {}
  virtual bool CheckProgress() { return false; }
  virtual bool has_streams() const = 0;
  // Bytes of a request's head have come in, and not all of them: a headers timeout is about this.
  virtual bool is_reading_head() const = 0;
  // The rest of a request that was answered already is read and dropped; the owner limits for how
  // long (a second is custom).
  virtual bool is_draining_body() const = 0;
  // A complete reply on behalf of a request that has no stream, then OnConnectionDone.
  virtual void SendErrorReply(int status, std::string_view body) = 0;
  // From the connection below: its output went over or under the mark.
  virtual void OnOutputHigh() = 0;
  virtual void OnOutputLow() = 0;
  virtual Version version() const = 0;
};

class ClientConnectionHandler : public CodecOutput {
 public:
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;
  // A stream ended, after its OnStreamDone; can_take_stream() says whether another one may begin.
  virtual void OnStreamSlotFree() = 0;
  // can_take_stream() may have become true without a stream's end: the peer's settings arrived.
  virtual void OnCapacityChanged() {}
  virtual void OnPingAck() {}
  // The connection broke its protocol or announced its end: not reusable from now on.
  virtual void OnConnectionDone() = 0;
  // Instead of OnConnectionDone, HTTP/1: an exchange was broken off. Close with RST: a mere FIN
  // may pass for the end of the request alone, and the peer goes on with it for nobody.
  virtual void OnConnectionAbort() { OnConnectionDone(); }

 protected:
  ~ClientConnectionHandler() = default;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // Requires can_take_stream(). The stream's arena lives until OnStreamDone.
  virtual ClientStream& NewStream(ClientStreamHandler& handler, base::Arena& arena) = 0;
  virtual bool can_take_stream() const = 0;
  // How many streams run, and how many may at once as far as is known now (HTTP/1: 1).
  virtual uint32_t active_streams() const = 0;
  virtual uint32_t max_streams() const = 0;
  // HTTP/2's keepalive; HTTP/1 has none.
  virtual void SendPing() {}
  // HTTP/2: what the peer had to do, and had time for (http2/peer_watch.h).
  virtual void CheckSettled() {}
  // No new stream from now on; HTTP/2 tells the peer (GOAWAY) when the last one is over.
  virtual void Drain() {}
  // Request fully sent, response fully read, nothing left over, keep-alive on.
  virtual bool is_reusable() const = 0;
  virtual size_t Feed(std::string_view bytes) = 0;
  virtual void OnPeerEnd() = 0;
  virtual void OnConnectionLost(const StreamError& error) = 0;
  virtual void OnOutputHigh() = 0;
  virtual void OnOutputLow() = 0;
  virtual Version version() const = 0;
};

}  // namespace weir::http
