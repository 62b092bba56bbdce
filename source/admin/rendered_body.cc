#include "source/admin/rendered_body.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace weir::admin {

// Between the two threads; outlives whichever of them lets go first.
class RenderedBody::Pipe {
 public:
  Pipe(event::Loop& loop, std::function<void()> on_ready)
      : loop_(loop), on_ready_(std::make_shared<std::function<void()>>(std::move(on_ready))) {}

  // The render's side.
  const std::atomic<bool>& is_cancelled() const { return is_cancelled_; }

  void Put(std::string_view piece) {
    std::unique_lock<std::mutex> lock(mutex_);
    has_room_.wait(lock, [this] { return waiting_.size() < kMaxWaitingBytes || is_cancelled_; });
    if (is_cancelled_) return;
    waiting_ += piece;
    // A chunk at a time: a wake-up for every line would cost more than the line.
    if (waiting_.size() >= 16 * 1024) NotifyLocked();
  }

  void End() {
    std::lock_guard<std::mutex> lock(mutex_);
    is_done_ = true;
    NotifyLocked();
  }

  // The reader's side.
  bool Take(base::Buffer& out, size_t most) {
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

  void Cancel() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      is_cancelled_ = true;
      on_ready_.reset();
    }
    has_room_.notify_one();
  }

 private:
  // The loop may be gone once it is cancelled.
  void NotifyLocked() {
    if (is_cancelled_ || std::exchange(is_notified_, true)) return;
    loop_.Post([weak = std::weak_ptr<std::function<void()>>(on_ready_)] {
      if (const auto on_ready = weak.lock()) (*on_ready)();
    });
  }

  event::Loop& loop_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::shared_ptr<std::function<void()>> on_ready_;  // what posted work holds weakly
  std::string waiting_;
  bool is_done_ = false;
  std::atomic<bool> is_cancelled_{false};  // changed under the mutex
  bool is_notified_ = false;
};

RenderedBody::RenderedBody(event::Loop& loop, RenderThreads& threads, Render render,
                           std::function<void()> on_ready)
    : pipe_(std::make_shared<Pipe>(loop, std::move(on_ready))) {
  threads.Run([pipe = pipe_, render = std::move(render)] {
    if (pipe->is_cancelled()) return;
    render([&pipe](std::string_view piece) { pipe->Put(piece); }, pipe->is_cancelled());
    pipe->End();
  });
}

RenderedBody::~RenderedBody() { pipe_->Cancel(); }

bool RenderedBody::Take(base::Buffer& out, size_t most) { return pipe_->Take(out, most); }

}  // namespace weir::admin
