// An immutable value that the main thread replaces and workers read: configuration's way to the
// data path. Publishing is one pointer swap whatever the number of workers; a reader pays one
// load and a compare, and touches a shared reference count only when the value changed.
//
//   main:    event::Published<RouteTable> routes;  routes.Publish(table);
//   worker:  event::View<RouteTable> view(routes);
//            event::Pin<RouteTable> pin = view.Get();   // as long as the stream lives
//
// Pin counts are plain integers of the worker: a pin ends on the thread of the view it came from.
// The last reference is given back to `home` (the main loop), so that freeing a large table never
// stalls a worker; `home` outlives every Published, View and Pin. A view holds the value it saw
// last until its next Get().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "source/event/loop.h"

namespace weir::event {

namespace internal {

// A lock is held while one pointer is copied, so that a few do for the whole process: one in each
// value would be more than half of it, and there are two values a cluster.
struct alignas(64) PublishedLock {
  std::mutex mutex;
};
inline constinit PublishedLock published_locks[64];

inline std::mutex& LockOfPublished(const void* published) {
  return published_locks[reinterpret_cast<uintptr_t>(published) / 64 % 64].mutex;
}

}  // namespace internal

// Main publishes; any thread loads.
template <class T>
class Published {
 public:
  // `home` destroys replaced values; null: whoever lets go last does (tests).
  explicit Published(Loop* home = nullptr) : home_(home) {}

  void Publish(std::unique_ptr<const T> value) {
    std::shared_ptr<const T> next(value.release(), Retire{home_});
    std::lock_guard<std::mutex> lock(mutex());
    value_.swap(next);
    generation_.fetch_add(1, std::memory_order_release);
    // `next`, now the old value, is let go of after the lock.
  }

  // Null until something was published.
  std::shared_ptr<const T> Load() const {
    std::lock_guard<std::mutex> lock(mutex());
    return value_;
  }
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  template <class>
  friend class View;

  struct Retire {
    Loop* home;
    void operator()(const T* old) const {
      if (home == nullptr || home->IsThisThread()) {
        delete old;
      } else {
        // Owned by the closure: a home that stops before running it still frees the value.
        home->Post([owned = std::unique_ptr<const T>(old)] {});
      }
    }
  };

  std::shared_ptr<const T> Load(uint64_t& generation) const {
    std::lock_guard<std::mutex> lock(mutex());
    generation = generation_.load(std::memory_order_relaxed);
    return value_;
  }

  std::mutex& mutex() const { return internal::LockOfPublished(this); }

  Loop* const home_;
  std::shared_ptr<const T> value_;
  std::atomic<uint64_t> generation_{0};
};

// Keeps one published value alive on one worker.
template <class T>
class Pin {
 public:
  Pin() = default;
  Pin(const Pin& other) : held_(other.held_) {
    if (held_ != nullptr) ++held_->count;
  }
  Pin(Pin&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  Pin& operator=(Pin other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~Pin() { Release(); }

  const T* get() const { return held_ == nullptr ? nullptr : held_->value.get(); }
  const T* operator->() const { return get(); }
  const T& operator*() const { return *get(); }
  explicit operator bool() const { return get() != nullptr; }

 private:
  template <class>
  friend class View;

  struct Held {
    std::shared_ptr<const T> value;
    uint32_t count;
  };

  explicit Pin(std::shared_ptr<const T> value) : held_(new Held{std::move(value), 1}) {}
  void Release() {
    if (held_ != nullptr && --held_->count == 0) delete held_;
  }

  Held* held_ = nullptr;
};

// One worker's eye on a Published.
template <class T>
class View {
 public:
  explicit View(const Published<T>& source) : source_(&source) {}  // `source` outlives the view

  // The newest value, null if there is none yet.
  const Pin<T>& Get() {
    if (source_->generation() != generation_) Refresh();
    return pin_;
  }

 private:
  void Refresh() { pin_ = Pin<T>(source_->Load(generation_)); }

  const Published<T>* source_;
  uint64_t generation_ = 0;
  Pin<T> pin_;
};

}  // namespace weir::event
