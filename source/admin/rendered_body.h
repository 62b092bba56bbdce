// A reply's body on its way from the code that renders it to the socket: rendering runs on a thread
// of its own and waits when the reader is slow, so that neither a huge report costs much memory nor
// a slow scraper keeps others from being answered. A body that is destroyed tells its render so and
// leaves it to itself: nobody waits for it.
//
// Admin thread; the render, and what it puts in, on a thread of RenderThreads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/admin/render_threads.h"
#include "source/base/buffer.h"
#include "source/event/loop.h"

namespace weir::admin {

using Sink = absl::FunctionRef<void(std::string_view)>;
// Renders all of it; whoever takes long looks at `is_abandoned` now and then, and stops.
using Render = std::function<void(Sink, const std::atomic<bool>& is_abandoned)>;

class RenderedBody {
 public:
  // `on_ready` runs on `loop` when there is something to take; not after destruction. What `render`
  // refers to outlives `threads`.
  RenderedBody(event::Loop& loop, RenderThreads& threads, Render render,
               std::function<void()> on_ready);
  ~RenderedBody();

  // Moves what is there behind `out`, at most `most` bytes. True when it was the last.
  bool Take(base::Buffer& out, size_t most);

  static constexpr size_t kMaxWaitingBytes = 1024 * 1024;

 private:
  class Pipe;

  const std::shared_ptr<Pipe> pipe_;  // shared with the render
};

}  // namespace weir::admin
