// Names to addresses by c-ares on the main loop. No thread, no blocking call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "source/event/loop.h"
#include "source/net/address.h"

namespace weir::net {

// Envoy's Cluster.DnsLookupFamily, same meaning: kAuto asks for IPv6 and, when that brings no
// address, for IPv4; kV4Preferred the other way round; kAll answers with IPv6 before IPv4.
enum class DnsFamily { kAuto, kV4Only, kV6Only, kV4Preferred, kAll };

struct DnsAnswer {
  // Port 0, in the server's order; empty when the name exists without addresses.
  std::vector<Address> addresses;
  // The smallest of the records'; 0 also where there is none (a literal, the hosts file).
  int64_t ttl_s = 0;
};

struct DnsOptions {
  std::vector<Address> resolvers = {};  // empty: /etc/resolv.conf
  bool use_tcp = false;
  int64_t query_timeout_ms = 5000;
  int query_tries = 4;
};

// An edge that tests replace. May be destroyed with queries pending: they never answer then.
class DnsResolver {
 public:
  virtual ~DnsResolver() = default;
  // Destroying the query abandons it: the callback is not run then.
  class Query {
   public:
    virtual ~Query() = default;
  };
  // kNotFound: the name does not exist. kUnavailable: no answer, keep what you have. The callback
  // never runs before Resolve returns. Literal addresses are answered without asking anybody.
  using OnAnswer = absl::AnyInvocable<void(absl::StatusOr<DnsAnswer>)>;
  virtual std::unique_ptr<Query> Resolve(std::string_view name, DnsFamily family,
                                         OnAnswer on_answer) = 0;

  static absl::StatusOr<std::unique_ptr<DnsResolver>> Create(event::Loop& loop,
                                                             const DnsOptions& options);
};

}  // namespace weir::net
