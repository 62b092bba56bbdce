// The listeners of one worker by their addresses, for connections that were redirected from one of
// these to another listener. A listener of any address (0.0.0.0) takes what is for its port, where
// there is none for the very address. Worker's thread only.
#pragma once

#include "absl/container/flat_hash_map.h"
#include "source/net/address.h"
#include "source/server/listener_config.h"

namespace weir::server {

class ActiveListener;

class ListenerIndex {
 public:
  // Of its addresses with a port that is known before it is bound.
  void Add(const ListenerConfig& config, ActiveListener& listener);
  void Remove(const ActiveListener& listener);
  // Null: there is none.
  ActiveListener* Find(const net::Address& destination) const;

 private:
  absl::flat_hash_map<net::Address, ActiveListener*> by_address_;
};

}  // namespace weir::server
