// A cluster's transport without cryptography (see FakeTransport): records what it is asked for.
#pragma once

#include <string>
#include <vector>

#include "test/support/fake_transport.h"

namespace weir::test {

struct AskedTransport {
  std::string server_name, verified_name, alpn;  // ALPN joined by ','
};

class FakeClientTransports final : public net::ClientTransportFactory {
 public:
  absl::StatusOr<std::unique_ptr<net::TransportSocket>> Create(
      const net::ClientTransportOptions& options) const override {
    if (!is_ready) return absl::UnavailableError("no certificate yet");
    AskedTransport& ask = asked.emplace_back();
    ask.server_name = std::string(options.server_name);
    ask.verified_name = std::string(options.verified_name);
    for (const std::string_view protocol : options.alpn) {
      if (!ask.alpn.empty()) ask.alpn += ',';
      ask.alpn += protocol;
    }
    return std::make_unique<FakeTransport>(alpn, secure);
  }
  bool is_secure() const override { return true; }

  bool is_ready = true;
  std::string alpn;
  net::SecureInfo secure;
  mutable std::vector<AskedTransport> asked;
};

}  // namespace weir::test
