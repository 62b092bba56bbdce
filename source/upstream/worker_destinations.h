// The hosts of a cluster of type ORIGINAL_DST as one worker knows them: each request says by itself
// where it goes. A request to an address that this worker has seen costs one look-up; the first one
// asks the table that workers share. Worker's thread only.
#pragma once

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/balancing/destination_table.h"
#include "source/balancing/pick_context.h"
#include "source/upstream/cluster_config.h"

namespace weir::upstream {

class WorkerDestinations {
 public:
  // Both outlive it.
  WorkerDestinations(const DestinationConfig& config, balancing::DestinationTable& table);

  // By the header where the cluster goes by one and the request has it; else by where the
  // connection was going. Null: the request does not say, or there are too many hosts. Like the
  // next, valid until a host is looked for, or forgotten, again.
  const balancing::HostPtr* HostFor(const balancing::PickContext& context);
  const balancing::HostPtr* HostAt(const net::Address& address);
  // They are retired.
  void Forget(const std::vector<balancing::HostPtr>& hosts);

 private:
  const balancing::HostPtr* HostByHeader(std::string_view value);
  const balancing::HostPtr* HostOnPort(const net::Address& address);

  const DestinationConfig& config_;
  balancing::DestinationTable& table_;
  // Each is a DestinationHost.
  absl::flat_hash_map<net::Address, balancing::HostPtr> known_;
};

}  // namespace weir::upstream
