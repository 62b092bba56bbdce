// Sessions that a client may resume, by the name of the server: the newest of each name first, the
// oldest of all dropped when there are too many. Those of TLS 1.3 are used once (RFC 8446 §C.4).
// Thread-safe, shared by the workers of one client context.
#pragma once

#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include "source/tls/tls_library.h"

namespace weir::tls {

class SessionCache {
 public:
  explicit SessionCache(size_t capacity) : capacity_(capacity) {}

  void Add(std::string_view key, SessionPtr session);
  // Null: none.
  SessionPtr Find(std::string_view key);
  // Those of `key`, after one of them did no good.
  void Forget(std::string_view key);
  size_t size() const;
  size_t capacity() const { return capacity_; }

 private:
  struct Entry {
    std::string key;
    SessionPtr session;
  };
  using Entries = std::list<Entry>;

  const size_t capacity_;
  mutable std::mutex mutex_;
  Entries entries_;  // newest first
};

}  // namespace weir::tls
