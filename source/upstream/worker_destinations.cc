#include "source/upstream/worker_destinations.h"

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::upstream {
namespace {

using balancing::DestinationHost;
using balancing::HostPtr;

constexpr std::string_view kAuthority = ":authority";

// What the request's first field of that name says.
std::optional<std::string_view> ValueOf(std::string_view name, const http::RequestHead& head) {
  if (name == kAuthority) return head.authority;
  const http::Header* const field = head.headers.Find(name);
  return field == nullptr ? std::nullopt : std::optional<std::string_view>(field->value);
}

}  // namespace

WorkerDestinations::WorkerDestinations(const DestinationConfig& config,
                                       balancing::DestinationTable& table)
    : config_(config), table_(table) {}

const HostPtr* WorkerDestinations::HostFor(const balancing::PickContext& context) {
  if (!config_.header.empty() && context.head != nullptr) {
    const auto value = ValueOf(config_.header, *context.head);
    if (value.has_value()) return HostByHeader(*value);
  }
  const net::Address* const original = context.original_destination;
  return original == nullptr ? nullptr : HostOnPort(*original);
}

// Where it says nothing of use, the request goes nowhere: not to another host than its sender
// meant.
const HostPtr* WorkerDestinations::HostByHeader(std::string_view value) {
  // A scope would be one of this machine's interfaces, which is not for clients to choose.
  const bool has_scope = value.find('%') != std::string_view::npos;
  const absl::StatusOr<net::Address> address =
      has_scope ? absl::InvalidArgumentError("") : net::Address::ParseIpPort(value);
  if (!address.ok() || (address->port() == 0 && config_.port == 0)) {
    table_.stats().original_dst_host_invalid.Add();
    return nullptr;
  }
  return HostOnPort(*address);
}

const HostPtr* WorkerDestinations::HostOnPort(const net::Address& address) {
  return HostAt(config_.port == 0 ? address : address.WithPort(config_.port));
}

const HostPtr* WorkerDestinations::HostAt(const net::Address& address) {
  const auto [known, is_new] = known_.try_emplace(address);
  if (!is_new && static_cast<DestinationHost&>(*known->second).Use()) return &known->second;
  known->second = table_.Get(address);
  if (known->second != nullptr) return &known->second;
  known_.erase(known);
  return nullptr;
}

void WorkerDestinations::Forget(const std::vector<HostPtr>& hosts) {
  for (const HostPtr& host : hosts) {
    const auto known = known_.find(host->address());
    if (known != known_.end() && known->second == host) known_.erase(known);
  }
  // A map that was large once keeps its place otherwise.
  if (known_.empty()) known_ = {};
}

}  // namespace weir::upstream
