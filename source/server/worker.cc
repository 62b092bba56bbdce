#include "source/server/worker.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/server/crash_report.h"

namespace weir::server {

Worker::Worker(int index, ConnectionLimit& limit, int64_t drain_ms)
    : loop_(absl::StrCat("worker_", index - 1), index), limit_(limit), drain_ms_(drain_ms) {}

Worker::~Worker() { Stop(); }

void Worker::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), loop_.name().c_str());
    ReserveCrashStack();
    loop_.Run();
  });
}

void Worker::Stop() {
  if (!thread_.joinable()) return;
  // Listeners and their connections belong to the worker's thread: they end there. First the
  // connections, each as if it were cut, so that streams and filters let go of what they hold.
  CutAll();
  loop_.Post([this] {
    loop_.Post([this] {
      listeners_.clear();
      loop_.Stop();
    });
  });
  thread_.join();
}

void Worker::AddListener(uint64_t id, std::shared_ptr<const ListenerConfig> config,
                         std::vector<int> fds) {
  loop_.Post([this, id, config = std::move(config), fds = std::move(fds)]() mutable {
    auto listener =
        std::make_unique<ActiveListener>(loop_, config, std::move(fds), limit_, drain_ms_);
    listener->set_neighbours(index_);
    index_.Add(*config, *listener);
    listeners_[id] = std::move(listener);
  });
}

void Worker::UpdateListener(uint64_t id, std::shared_ptr<const ListenerConfig> config) {
  loop_.Post([this, id, config = std::move(config)]() mutable {
    listeners_[id]->Update(std::move(config));
  });
}

void Worker::DrainListener(uint64_t id, ActiveListener::Queues queues, event::Loop& home,
                           std::function<void()> drained) {
  loop_.Post([this, id, queues, &home, drained = std::move(drained)] {
    ActiveListener& listener = *listeners_[id];
    index_.Remove(listener);
    listener.Drain(queues);
    listener.WhenEmpty([this, id, &home, drained] {
      // Not from inside the listener's own call.
      loop_.Post([this, id] { listeners_.erase(id); });
      home.Post(drained);
    });
  });
}

void Worker::CutAll() {
  loop_.Post([this] {
    for (auto& [id, listener] : listeners_) listener->CloseAll();
  });
}

}  // namespace weir::server
