// Moves the bytes of one direction between two plaintext connections inside the kernel, through a
// pipe with splice(2): for tcp_proxy, once a direction has shown that it is bulk. Small messages
// are better off with recv and send.
//
//   source ──► pipe (at most 256 KiB) ──► sink
//
// It reads into the pipe only while the pipe is empty, so an EAGAIN is always the source's; while
// the sink has no room it holds a read pause on the source. The connections' byte counters stay
// right. It lets go by itself before either connection acts on an end, an error or a Close(): the
// peer's end reaches the source's OnReadEnd after the last byte has left the pipe, and a flush of
// the sink includes what was in it.
//
// Idle timeouts compare bytes_read() and bytes_written(): no callback tells of progress. While it
// runs, nothing else may write to the sink's output(). Worker's thread; the owner may destroy it
// before or after either connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "source/net/pipe_pool.h"

namespace weir::net {

class Connection;

class SplicePump {
 public:
  // A direction that has carried this much is worth a pipe.
  static constexpr uint64_t kBulkBytes = 256 * 1024;

  // Null when it is not possible now, which changes nothing: a transport on either side, bytes
  // waiting in the sink's output() or unread in the source, an end or a failure on the way, another
  // pump on the same direction, or no descriptor left.
  static std::unique_ptr<SplicePump> Start(Connection& source, Connection& sink);
  ~SplicePump() { Stop(); }
  SplicePump(const SplicePump&) = delete;
  SplicePump& operator=(const SplicePump&) = delete;

  // From now on the connections do their own reading and writing again; bytes still in the pipe go
  // to the sink's output().
  void Stop();
  bool is_running() const { return source_ != nullptr; }

 private:
  friend class Connection;

  SplicePump(Connection& source, Connection& sink, PipePair pipe);
  static bool IsPossible(const Connection& source, const Connection& sink);

  // The connections call these instead of reading and flushing themselves.
  void OnSourceReadable();
  void OnSinkWritable();

  // Up to one pipe's worth; false when there is no reason to go on.
  bool FillPipe();
  // True when the pipe is empty.
  bool DrainPipe();
  void WaitForSink();
  void StopWaiting();
  void SpillPipe(Connection& sink);

  Connection* source_;
  Connection* sink_;
  PipePair pipe_;
  size_t pipe_bytes_ = 0;
  bool is_waiting_ = false;  // for room in the sink, with a read pause on the source
};

}  // namespace weir::net
