// A reply's body on its way from the code that renders it to the socket: rendering runs on a thread
// of its own and waits when the reader is slow, so that neither a huge report costs much memory nor
// a slow scraper keeps others from being answered.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "source/base/buffer.h"
#include "source/event/loop.h"

namespace weir::admin {

using Sink = absl::FunctionRef<void(std::string_view)>;
using Render = std::function<void(Sink)>;

class RenderedBody {
 public:
  // `on_ready` runs on `loop` when there is something to take; not after destruction.
  RenderedBody(event::Loop& loop, Render render, std::function<void()> on_ready);
  // Whatever is not rendered yet is rendered into nothing; waits for that.
  ~RenderedBody();

  // Moves what is there behind `out`, at most `most` bytes. True when it was the last.
  bool Take(base::Buffer& out, size_t most);

  static constexpr size_t kMaxWaitingBytes = 1024 * 1024;

 private:
  void Put(std::string_view piece);
  void NotifyLocked();

  event::Loop& loop_;
  // What posted work holds of us, weakly.
  std::shared_ptr<std::function<void()>> on_ready_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::string waiting_;
  bool is_done_ = false;
  bool is_cancelled_ = false;
  bool is_notified_ = false;
  std::thread thread_;
};

}  // namespace weir::admin
