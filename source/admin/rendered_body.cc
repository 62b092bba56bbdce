#include "source/admin/rendered_body.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace weir::admin {

RenderedBody::RenderedBody(event::Loop& loop, Render render, std::function<void()> on_ready)
    : loop_(loop), on_ready_(std::make_shared<std::function<void()>>(std::move(on_ready))) {
  thread_ = std::thread([this, render = std::move(render)] {
    pthread_setname_np(pthread_self(), "admin_render");
    render([this](std::string_view piece) { Put(piece); });
    std::lock_guard<std::mutex> lock(mutex_);
    is_done_ = true;
    NotifyLocked();
  });
}

RenderedBody::~RenderedBody() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_cancelled_ = true;
  }
  has_room_.notify_all();
  thread_.join();
}

void RenderedBody::Put(std::string_view piece) {
  std::unique_lock<std::mutex> lock(mutex_);
  has_room_.wait(lock, [this] { return waiting_.size() < kMaxWaitingBytes || is_cancelled_; });
  if (is_cancelled_) return;
  waiting_ += piece;
  // A chunk at a time: a wake-up for every line would cost more than the line.
  if (waiting_.size() >= 16 * 1024) NotifyLocked();
}

void RenderedBody::NotifyLocked() {
  if (std::exchange(is_notified_, true)) return;
  loop_.Post([weak = std::weak_ptr<std::function<void()>>(on_ready_)] {
    if (const auto on_ready = weak.lock()) (*on_ready)();
  });
}

bool RenderedBody::Take(base::Buffer& out, size_t most) {
  std::unique_lock<std::mutex> lock(mutex_);
  is_notified_ = false;
  const size_t taken = std::min(most, waiting_.size());
  out.Append(std::string_view(waiting_).substr(0, taken));
  waiting_.erase(0, taken);
  const bool is_last = is_done_ && waiting_.empty();
  lock.unlock();
  has_room_.notify_one();
  return is_last;
}

}  // namespace weir::admin
