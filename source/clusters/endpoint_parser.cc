#include "source/clusters/endpoint_parser.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/base/strings.h"
#include "source/clusters/host_metadata_parser.h"

namespace weir::clusters {
namespace {

namespace core = envoy::config::core::v3;
namespace endpoint = envoy::config::endpoint::v3;
using config::Faults;

constexpr uint32_t kMaxPriority = 128;

balancing::EdsHealth ParseHealth(core::HealthStatus status, Faults& faults) {
  switch (status) {
    case core::UNKNOWN:
    case core::HEALTHY:
      return balancing::EdsHealth::kHealthy;
    case core::DEGRADED:
      return balancing::EdsHealth::kDegraded;
    case core::DRAINING:
      return balancing::EdsHealth::kDraining;
    case core::UNHEALTHY:
    case core::TIMEOUT:
      return balancing::EdsHealth::kUnhealthy;
    default:
      break;
  }
  faults.Add("health_status", base::StrCat("unknown value ", static_cast<int>(status)));
  return balancing::EdsHealth::kUnhealthy;
}

class AssignmentParser {
 public:
  AssignmentParser(EndpointNames names, Faults& faults) : names_(names), faults_(faults) {}

  balancing::Assignment Parse(const endpoint::ClusterLoadAssignment& proto) {
    for (int i = 0; i < proto.endpoints_size(); ++i) {
      Faults::Scope scope(faults_, "endpoints", i);
      here_.locality = i;
      ParseLocality(proto.endpoints(i));
    }
    for (const auto& [priority, sum] : weight_sums_) {
      if (sum <= UINT32_MAX) continue;
      faults_.Add("endpoints", base::StrCat("the load_balancing_weights of priority ", priority,
                                            " add up to ", sum, ", more than 4294967295"));
    }
    if (proto.policy().has_overprovisioning_factor()) {
      const uint32_t percent = proto.policy().overprovisioning_factor().value();
      if (percent == 0) faults_.Add("policy.overprovisioning_factor", "must be greater than 0");
      assignment_.overprovisioning_percent = percent;
    }
    assignment_.weighs_priority_health = proto.policy().weighted_priority_health();
    ParseDrops(proto.policy());
    return std::move(assignment_);
  }

 private:
  // Which endpoint of the message.
  struct Place {
    int locality = 0, endpoint = 0;
    std::string path() const {
      return base::StrCat("endpoints[", locality, "].lb_endpoints[", endpoint, "]");
    }
  };

  void ParseDrops(const endpoint::ClusterLoadAssignment::Policy& proto) {
    if (proto.drop_overloads_size() == 0) return;
    Faults::Scope scope(faults_, "policy.drop_overloads");
    if (proto.drop_overloads_size() > 1) faults_.Add("", "one category at most");
    const envoy::type::v3::FractionalPercent& share = proto.drop_overloads(0).drop_percentage();
    constexpr double kDenominators[] = {100, 10'000, 1'000'000};
    const int denominator = share.denominator();
    if (denominator < 0 || denominator > 2) {
      faults_.Add("drop_percentage.denominator", base::StrCat("unknown value ", denominator));
      return;
    }
    assignment_.drop_fraction =
        static_cast<float>(std::min(1.0, share.numerator() / kDenominators[denominator]));
  }

  void ParseLocality(const endpoint::LocalityLbEndpoints& proto) {
    if (proto.priority() > kMaxPriority) {
      faults_.Add("priority", base::StrCat(proto.priority(), " is greater than 128"));
    }
    if (proto.has_load_balancing_weight() && proto.load_balancing_weight().value() == 0) {
      faults_.Add("load_balancing_weight", "must be at least 1");
    }
    const std::shared_ptr<const balancing::HostDetails> plain = PlainDetailsOf(proto);
    if (proto.has_load_balancing_weight()) {
      assignment_.locality_weights.push_back(
          {proto.priority(), plain->locality, proto.load_balancing_weight().value()});
    }
    const size_t count = assignment_.endpoints.size() + proto.lb_endpoints_size();
    assignment_.endpoints.reserve(count);
    addresses_.reserve(count);
    for (int i = 0; i < proto.lb_endpoints_size(); ++i) {
      Faults::Scope scope(faults_, "lb_endpoints", i);
      here_.endpoint = i;
      ParseEndpoint(proto.lb_endpoints(i), proto.priority(), plain);
    }
  }

  // What the endpoints that have nothing of their own to say share.
  static std::shared_ptr<const balancing::HostDetails> PlainDetailsOf(
      const endpoint::LocalityLbEndpoints& proto) {
    static const auto* const nowhere = new std::shared_ptr<const balancing::HostDetails>(
        std::make_shared<const balancing::HostDetails>(
            balancing::HostDetails{{}, std::make_shared<balancing::Locality>()}));
    balancing::Locality locality{proto.locality().region(), proto.locality().zone(),
                                 proto.locality().sub_zone()};
    if (locality == *(*nowhere)->locality) return *nowhere;
    return std::make_shared<const balancing::HostDetails>(balancing::HostDetails{
        {}, std::make_shared<const balancing::Locality>(std::move(locality))});
  }

  void ParseEndpoint(const endpoint::LbEndpoint& proto, uint32_t priority,
                     const std::shared_ptr<const balancing::HostDetails>& plain) {
    balancing::EndpointConfig parsed;
    parsed.priority = priority;
    parsed.health = ParseHealth(proto.health_status(), faults_);
    if (proto.has_load_balancing_weight()) {
      parsed.weight = proto.load_balancing_weight().value();
      if (parsed.weight == 0) faults_.Add("load_balancing_weight", "must be at least 1");
    }
    weight_sums_[priority] += parsed.weight;
    ParsePlace(proto.endpoint().address(), parsed);
    if (proto.has_metadata()) parsed.metadata = ParseHostMetadata(proto.metadata());
    parsed.details = DetailsOf(proto, parsed.dns_name, plain);
    assignment_.endpoints.push_back(std::move(parsed));
  }

  void ParsePlace(const core::Address& proto, balancing::EndpointConfig& parsed) {
    const core::SocketAddress& socket = proto.socket_address();
    if (names_ == EndpointNames::kAllowed && proto.has_socket_address()) {
      const auto literal = net::Address::ParseIp(socket.address(), 0);
      if (!literal.ok() && !socket.address().empty()) return ParseName(socket, parsed);
    }
    constexpr std::string_view kField = "endpoint.address";
    parsed.address = ParseAddress(proto, kField, faults_);
    if (!parsed.address.is_set()) return;
    const auto [found, is_new] = addresses_.try_emplace(parsed.address, here_);
    if (!is_new) AddDuplicate(parsed.address.ToString(), found->second);
  }

  void ParseName(const core::SocketAddress& proto, balancing::EndpointConfig& parsed) {
    {
      Faults::Scope scope(faults_, "endpoint.address.socket_address");
      if (proto.protocol() != core::SocketAddress::TCP) faults_.Add("protocol", "must be TCP");
      if (proto.port_value() == 0 || proto.port_value() > 65535) {
        faults_.Add("port_value", "must be from 1 to 65535");
      }
    }
    parsed.dns_name = proto.address();
    parsed.dns_port = static_cast<uint16_t>(proto.port_value());
    const auto [found, is_new] =
        dns_names_.try_emplace(base::StrCat(parsed.dns_name, ":", parsed.dns_port), here_);
    if (!is_new) AddDuplicate(found->first, found->second);
  }

  // Paths are put together only now: hosts are many and duplicates rare.
  void AddDuplicate(const std::string& address, const Place& first) {
    std::string path = faults_.PathOf("");
    path.resize(path.size() - here_.path().size());
    faults_.Add("endpoint.address",
                base::StrCat(address, " is already the address of ", path, first.path()));
  }

  std::shared_ptr<const balancing::HostDetails> DetailsOf(
      const endpoint::LbEndpoint& proto, const std::string& dns_name,
      const std::shared_ptr<const balancing::HostDetails>& plain) {
    const std::string& own = proto.endpoint().hostname();
    const std::string& hostname = own.empty() ? dns_name : own;
    const bool has_check = proto.endpoint().has_health_check_config();
    if (hostname.empty() && !has_check) return plain;
    auto details = std::make_shared<balancing::HostDetails>();
    details->hostname = hostname;
    details->locality = plain->locality;
    if (has_check) {
      Faults::Scope scope(faults_, "endpoint");
      details->check = ParseHostCheck(proto.endpoint(), faults_);
    }
    // Most often all of a locality say the same.
    if (last_details_ == nullptr || !(*last_details_ == *details)) last_details_ = details;
    return last_details_;
  }

  const EndpointNames names_;
  Faults& faults_;
  balancing::Assignment assignment_;
  Place here_;
  std::shared_ptr<const balancing::HostDetails> last_details_;
  std::map<uint32_t, uint64_t> weight_sums_;  // by priority
  absl::flat_hash_map<net::Address, Place> addresses_;
  absl::flat_hash_map<std::string, Place> dns_names_;  // "name:port"
};

}  // namespace

std::optional<balancing::Assignment> ParseAssignment(const endpoint::ClusterLoadAssignment& proto,
                                                     EndpointNames names, Faults& faults) {
  const size_t faults_before = faults.faults().size();
  balancing::Assignment assignment = AssignmentParser(names, faults).Parse(proto);
  if (faults.faults().size() > faults_before) return std::nullopt;
  return assignment;
}

std::shared_ptr<const balancing::HostCheck> ParseHostCheck(const endpoint::Endpoint& of_endpoint,
                                                           Faults& faults) {
  Faults::Scope scope(faults, "health_check_config");
  const endpoint::Endpoint::HealthCheckConfig& proto = of_endpoint.health_check_config();
  balancing::HostCheck check;
  if (proto.port_value() > 65535) faults.Add("port_value", "must be at most 65535");
  check.port = static_cast<uint16_t>(proto.port_value());
  if (proto.has_address()) check.address = ParseAddress(proto.address(), "address", faults);
  check.hostname = proto.hostname();
  check.is_exempt = proto.disable_active_health_check();
  if (check == balancing::HostCheck()) return nullptr;
  return std::make_shared<const balancing::HostCheck>(std::move(check));
}

net::Address ParseSourceAddress(const core::BindConfig& proto, std::string_view field,
                                Faults& faults) {
  Faults::Scope scope(faults, field);
  if (proto.freebind().value()) faults.Add("freebind", "is not implemented for upstreams");
  if (proto.socket_options_size() > 0) {
    faults.Add("socket_options", "are not implemented for upstreams");
  }
  if (!proto.has_source_address()) return {};
  return ParseSocketAddress(proto.source_address(), "source_address", faults);
}

net::Address ParseSocketAddress(const core::SocketAddress& proto, std::string_view field,
                                Faults& faults) {
  Faults::Scope scope(faults, field);
  if (proto.protocol() != core::SocketAddress::TCP) faults.Add("protocol", "must be TCP");
  if (proto.port_value() > 65535) {
    faults.Add("port_value", base::StrCat(proto.port_value(), " is greater than 65535"));
    return {};
  }
  auto address = net::Address::ParseIp(proto.address(), static_cast<uint16_t>(proto.port_value()));
  if (address.ok()) return *std::move(address);
  faults.Add("address", base::StrCat("'", proto.address(), "' is not an IP address; names need a ",
                                     "cluster of type STRICT_DNS or LOGICAL_DNS"));
  return {};
}

net::Address ParseAddress(const core::Address& proto, std::string_view field, Faults& faults) {
  Faults::Scope scope(faults, field);
  if (proto.has_socket_address()) {
    return ParseSocketAddress(proto.socket_address(), "socket_address", faults);
  }
  if (!proto.has_pipe()) {
    faults.Add("", "one of socket_address, pipe is required");
    return {};
  }
  auto address = net::Address::Pipe(proto.pipe().path());
  if (address.ok()) return *std::move(address);
  faults.Add("pipe.path", std::string(address.status().message()));
  return {};
}

}  // namespace weir::clusters
