#include "source/tls/session_cache.h"

#include <algorithm>
#include <utility>

namespace weir::tls {

// The capacity is small, so a list that is walked does.

void SessionCache::Add(std::string_view key, SessionPtr session) {
  if (capacity_ == 0) return;
  Entries dropped;  // freed after the lock
  std::lock_guard<std::mutex> lock(mutex_);
  entries_.push_front({std::string(key), std::move(session)});
  if (entries_.size() > capacity_) dropped.splice(dropped.begin(), entries_, --entries_.end());
}

SessionPtr SessionCache::Find(std::string_view key) {
  Entries used;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) return nullptr;
  SSL_SESSION* const session = found->session.get();
  SSL_SESSION_up_ref(session);
  if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
    used.splice(used.begin(), entries_, found);
  }
  return SessionPtr(session);
}

void SessionCache::Forget(std::string_view key) {
  std::lock_guard<std::mutex> lock(mutex_);
  entries_.remove_if([&](const Entry& entry) { return entry.key == key; });
}

size_t SessionCache::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

}  // namespace weir::tls
