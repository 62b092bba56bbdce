// The right to one upstream connection: counts against max_connections from the first SYN until the
// connection is gone, carries its statistics and keeps the cluster it belongs to. Worker's thread.
#pragma once

#include <cstdint>

#include "source/upstream/worker_context.h"

namespace weir::upstream {

class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  // Empty when max_connections is reached, of the cluster or the host.
  static ConnectionSlot TryTake(const WorkerContext& context, const balancing::HostPtr& host,
                                int priority);
  ConnectionSlot(ConnectionSlot&& other) noexcept { *this = std::move(other); }
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept;
  ~ConnectionSlot() { Release(); }

  // Whether `host` is what refuses.
  static bool IsHostFull(const WorkerContext& context, const balancing::Host& host, int priority);

  explicit operator bool() const { return context_ != nullptr; }
  const balancing::HostPtr& host() const { return host_; }
  int priority() const { return priority_; }
  // Who ended it, and whether that cut a request off: decides which counters go up.
  void NoteEnd(bool by_peer, bool with_active_request);

 private:
  void Release();

  const WorkerContext* context_ = nullptr;
  balancing::HostPtr host_;
  int64_t start_ms_ = 0;
  int priority_ = 0;
  bool ended_by_peer_ = false;
  bool cut_request_ = false;
};

}  // namespace weir::upstream
