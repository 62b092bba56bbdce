// A worker: a thread, its loop, and its share of every listener. Everything on it happens by what
// the main thread posts; nothing here blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/event/loop.h"
#include "source/server/active_listener.h"
#include "source/server/connection_limit.h"
#include "source/server/listener_config.h"
#include "source/server/listener_index.h"

namespace weir::server {

class Worker {
 public:
  // `index`: 1..N, see base/thread.h.
  Worker(int index, ConnectionLimit& limit, int64_t drain_ms);
  ~Worker();

  event::Loop& loop() { return loop_; }
  void Start();
  // Ends the thread and waits for it; connections that are left are cut.
  void Stop();

  // Main thread. `id` names a listener for its life.
  void AddListener(uint64_t id, std::shared_ptr<const ListenerConfig> config, std::vector<int> fds);
  void UpdateListener(uint64_t id, std::shared_ptr<const ListenerConfig> config);
  // `drained` runs on `home` once the last connection is gone. `queues`: of its sockets.
  void DrainListener(uint64_t id, ActiveListener::Queues queues, event::Loop& home,
                     std::function<void()> drained);
  void CutAll();

 private:
  event::Loop loop_;
  ConnectionLimit& limit_;
  const int64_t drain_ms_;
  // Worker's thread.
  ListenerIndex index_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<ActiveListener>> listeners_;
  std::thread thread_;
};

}  // namespace weir::server
