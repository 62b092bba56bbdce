#include "source/server/address_parser.h"

#include "envoy/config/core/v3/address.pb.h"

namespace weir::server {

namespace {

using envoy::config::core::v3::SocketAddress;

std::optional<net::Address> ParseSocketAddress(const SocketAddress& proto, config::Faults& faults,
                                               bool& v4_mapped) {
  config::Faults::Scope scope(faults, "socket_address");
  if (proto.protocol() != SocketAddress::TCP) {
    faults.Add("protocol", "UDP is not implemented; TCP is");
    return std::nullopt;
  }
  auto address = net::Address::ParseIp(proto.address(), static_cast<uint16_t>(proto.port_value()));
  if (!address.ok()) {
    faults.Add("address", std::string(address.status().message()));
    return std::nullopt;
  }
  v4_mapped = proto.ipv4_compat();
  return *address;
}

}  // namespace

std::optional<net::Address> ParseListenAddress(const envoy::config::core::v3::Address& proto,
                                               config::Faults& faults, bool& v4_mapped) {
  v4_mapped = false;
  if (proto.has_socket_address()) {
    return ParseSocketAddress(proto.socket_address(), faults, v4_mapped);
  }
  if (!proto.has_pipe()) {
    faults.Add("", "needs a socket_address or a pipe");
    return std::nullopt;
  }
  auto address = net::Address::Pipe(proto.pipe().path());
  if (!address.ok()) {
    config::Faults::Scope scope(faults, "pipe");
    faults.Add("path", std::string(address.status().message()));
    return std::nullopt;
  }
  return *address;
}

}  // namespace weir::server
