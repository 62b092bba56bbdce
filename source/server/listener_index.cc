#include "source/server/listener_index.h"

#include <sys/socket.h>

namespace weir::server {

namespace {

net::Address AnyV4(uint16_t port) { return *net::Address::ParseIp("0.0.0.0", port); }
net::Address AnyV6(uint16_t port) { return *net::Address::ParseIp("::", port); }

}  // namespace

void ListenerIndex::Add(const ListenerConfig& config, ActiveListener& listener) {
  for (const net::Address& address : config.addresses) {
    if (!address.is_ip() || address.port() == 0) continue;
    by_address_[address] = &listener;
    // It accepts connections of IPv4, too.
    const bool is_dual = !config.socket.v6_only && address == AnyV6(address.port());
    if (is_dual) by_address_.try_emplace(AnyV4(address.port()), &listener);
  }
}

void ListenerIndex::Remove(const ActiveListener& listener) {
  absl::erase_if(by_address_, [&](const auto& entry) { return entry.second == &listener; });
}

ActiveListener* ListenerIndex::Find(const net::Address& destination) const {
  const auto exact = by_address_.find(destination);
  if (exact != by_address_.end()) return exact->second;
  const bool is_v4 = destination.family() == AF_INET;
  const auto any = by_address_.find(is_v4 ? AnyV4(destination.port()) : AnyV6(destination.port()));
  return any == by_address_.end() ? nullptr : any->second;
}

}  // namespace weir::server
