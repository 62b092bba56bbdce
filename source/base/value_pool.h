// Equal values, kept once: for parts of configuration that ten thousand objects have alike.
//
//   static auto* const pool = new ValuePool<Options>();
//   std::shared_ptr<const Options> options = pool->Share(parsed);   // the one that equals it
//
// T has == and a hash for absl, which may leave out what seldom differs. A value lives as long as
// somebody uses it. Thread-safe: takes a lock and is for configuration, not for requests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace weir::base {

template <class T>
class ValuePool {
 public:
  std::shared_ptr<const T> Share(T value) {
    const size_t hash = absl::HashOf(value);
    std::lock_guard<std::mutex> lock(mutex_);
    if (by_hash_.size() >= sweep_size_) SweepLocked();
    // Of two that differ and have one hash, the later one is shared.
    std::weak_ptr<const T>& place = by_hash_[hash];
    std::shared_ptr<const T> known = place.lock();
    if (known != nullptr && *known == value) return known;
    auto shared = std::make_shared<const T>(std::move(value));
    place = shared;
    return shared;
  }

  // Places, those of values that have gone included.
  size_t size() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return by_hash_.size();
  }

 private:
  // As many are added from one to the next as there were after it, so it costs little in all.
  void SweepLocked() {
    absl::erase_if(by_hash_, [](const auto& item) { return item.second.expired(); });
    sweep_size_ = std::max(kLeastSwept, 2 * by_hash_.size());
  }

  static constexpr size_t kLeastSwept = 64;

  mutable std::mutex mutex_;
  absl::flat_hash_map<size_t, std::weak_ptr<const T>> by_hash_;
  size_t sweep_size_ = kLeastSwept;
};

}  // namespace weir::base
