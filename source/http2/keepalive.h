// Asks a peer by PING whether it is still there (RFC 9113 §6.7), and says when no answer came in
// time. One a connection that has keepalive configured, server or client; worker's thread.
//
//   waiting ──interval, or a stream starts after silence──► PING sent ──acknowledged──► waiting
//                                                              └─ timeout and silence ─► OnPeerLost
//
// Whatever the peer sends shows that it lives: an answer may be stuck behind a large body.
#pragma once

#include <cstdint>

#include "source/event/timer.h"
#include "source/http2/http2_options.h"
#include "source/http2/http2_stats.h"

namespace weir::http2 {

class Keepalive {
 public:
  class Owner {
   public:
    virtual void SendPing() = 0;
    // The connection is to be closed; nothing more is asked.
    virtual void OnPeerLost() = 0;

   protected:
    ~Owner() = default;
  };

  static bool IsWanted(const KeepaliveOptions& options) {
    return options.interval_ms > 0 || options.idle_interval_ms > 0;
  }

  // Everything passed in outlives it. The first interval begins.
  Keepalive(event::Loop& loop, const KeepaliveOptions& options, Stats& stats, Owner& owner);

  // Bytes of the peer have come.
  void OnHeard() { heard_ms_ = loop_.now_ms(); }
  // A stream is about to be put on the connection.
  void OnStreamStarts();
  // From the codec.
  void OnPingAck();

 private:
  void Wait();
  void Ask();
  void OnTimer();

  event::Loop& loop_;
  const KeepaliveOptions& options_;
  Stats& stats_;
  Owner& owner_;
  event::Timer timer_;  // until the next PING, or for its answer
  int64_t heard_ms_;
  int64_t asked_ms_ = 0;
  bool is_asking_ = false;
};

}  // namespace weir::http2
