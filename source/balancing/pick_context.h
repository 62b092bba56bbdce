// What a balancing decision may look at.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "source/http/message.h"
#include "source/net/address.h"

namespace weir::balancing {

class Host;
struct SubsetCriteria;

struct PickContext {
  const http::RequestHead* head = nullptr;  // null for plain TCP
  const net::Address* downstream_address = nullptr;
  // Hosts already tried by this request, to be avoided when another one is there.
  const Host* const* tried = nullptr;
  int tried_count = 0;
  int repick_limit = 0;  // hosts looked at, at most, instead of a tried one; 0: all it takes
  // After each so many tries, those tried by then are of priorities to be avoided; 0: never.
  int avoid_priorities_every = 0;
  int64_t now_ns = 0;  // of the worker's loop
  // Of the request, by the hash policy of its route.
  std::optional<uint64_t> hash;
  // What it wants of a host; null: nothing.
  const SubsetCriteria* subset = nullptr;
  // A host that the request belongs to, by its address; null: none. Only it will do where
  // `wants_no_other`.
  const net::Address* wanted_host = nullptr;
  bool wants_no_other = false;
  // Where the downstream connection was going before it was redirected here; null: to this proxy.
  const net::Address* original_destination = nullptr;
  // Requests that the cluster has running or waiting now, where the policy wants to know.
  uint32_t cluster_requests = 0;

  bool HasTried(const Host* host) const {
    return std::find(tried, tried + tried_count, host) != tried + tried_count;
  }
};

}  // namespace weir::balancing
