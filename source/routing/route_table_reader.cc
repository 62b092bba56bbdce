#include "source/routing/route_table_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/hash/hash.h"
#include "envoy/config/route/v3/route.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"
#include "source/config/wire_fields.h"
#include "source/routing/virtual_host_parser.h"

namespace weir::routing {

namespace {

namespace route_v3 = envoy::config::route::v3;

uint64_t DefinitionOf(std::string_view bytes) {
  // 0 stands for none.
  return std::max<uint64_t>(absl::HashOf(base::ToAbsl(bytes)), 1);
}

std::vector<std::string_view> DomainsIn(std::string_view bytes) {
  std::vector<std::string_view> domains;
  config::WireReader reader(bytes);
  config::WireField field;
  while (reader.Read(field)) {
    if (field.Is(route_v3::VirtualHost::kDomainsFieldNumber)) domains.push_back(field.content);
  }
  return domains;
}

// Whether it says more than its bytes do.
bool NamesFile(const route_v3::Route& route) {
  return route.direct_response().body().has_filename();
}

}  // namespace

struct RouteTableReader::Open {
  Open(uint64_t hash, config::SplitMessage parts, VirtualHostParser begun, size_t ignored)
      : definition(hash),
        split(std::move(parts)),
        parser(std::move(begun)),
        ignored_before(ignored) {}

  uint64_t definition;
  const config::SplitMessage split;
  VirtualHostParser parser;
  const size_t ignored_before;
  size_t next_route = 0;
};

RouteTableReader::RouteTableReader(const route_v3::RouteConfiguration& table,
                                   std::vector<std::string_view> virtual_hosts,
                                   const ParseContext& context, const RouteTable* before,
                                   config::Faults& faults)
    : virtual_hosts_(std::move(virtual_hosts)),
      context_(context),
      faults_(faults),
      filler_(table, context, faults) {
  if (before == nullptr) return;
  const auto& index = RouteTableFiller::IndexOf(*before);
  const size_t most = filler_.defaults().max_direct_response_bytes;
  if (index.defaults.max_direct_response_bytes == most) before_ = index.virtual_hosts;
}

RouteTableReader::~RouteTableReader() = default;

bool RouteTableReader::Step() {
  if (open_ == nullptr && next_ == virtual_hosts_.size()) return false;
  config::Faults::Scope scope(faults_, "virtual_hosts", next_);
  if (open_ == nullptr) {
    Begin(virtual_hosts_[next_]);
  } else {
    ReadRoute();
  }
  if (open_ != nullptr && open_->next_route == open_->split.items.size()) End();
  if (open_ == nullptr) ++next_;
  return true;
}

void RouteTableReader::Begin(std::string_view bytes) {
  const uint64_t definition = DefinitionOf(bytes);
  if (TakeOver(bytes, definition)) return;
  const size_t ignored_before = faults_.ignored().size();
  std::optional<config::SplitMessage> split =
      config::SplitField(bytes, route_v3::VirtualHost::kRoutesFieldNumber);
  route_v3::VirtualHost proto;
  if (!split.has_value()) return faults_.Add("", "its bytes are not a VirtualHost");
  if (!config::Decode(split->rest, proto, faults_)) return;
  filler_.AddDomains({proto.domains().begin(), proto.domains().end()});
  VirtualHostParser parser(proto, filler_.defaults(), context_, faults_);
  parser.Reserve(split->items.size());
  open_ = std::make_unique<Open>(definition, *std::move(split), std::move(parser), ignored_before);
}

void RouteTableReader::ReadRoute() {
  const size_t i = open_->next_route++;
  config::Faults::Scope scope(faults_, "routes", i);
  route_v3::Route proto;
  if (!config::Decode(open_->split.items[i], proto, faults_)) return;
  open_->parser.AddRoute(proto, context_, faults_);
  if (NamesFile(proto)) open_->definition = 0;
}

void RouteTableReader::End() {
  const std::unique_ptr<Open> open = std::move(open_);
  std::shared_ptr<VirtualHostEntry> entry = std::move(open->parser).Finish();
  entry->definition = open->definition;
  if (faults_.ignored().size() > open->ignored_before) {
    auto ignored = std::make_unique<std::vector<config::Fault>>(
        faults_.ignored().begin() + static_cast<ptrdiff_t>(open->ignored_before),
        faults_.ignored().end());
    const size_t prefix = faults_.PathOf("").size() + 1;  // and a dot
    for (config::Fault& fault : *ignored) fault.path.erase(0, prefix);
    entry->ignored = std::move(ignored);
  }
  filler_.AddVirtualHost(std::move(entry));
}

bool RouteTableReader::TakeOver(std::string_view bytes, uint64_t definition) {
  VirtualHostPtr same = FindBefore(definition);
  if (same == nullptr || !MayStillName(*same)) return false;
  if (same->ignored != nullptr) {
    for (const config::Fault& fault : *same->ignored) faults_.AddIgnored(fault.path, fault.text);
  }
  filler_.AddDomains(DomainsIn(bytes));
  filler_.AddVirtualHost(std::move(same));
  ++kept_;
  return true;
}

RouteTableReader::VirtualHostPtr RouteTableReader::FindBefore(uint64_t definition) {
  // As a rule it is where it was.
  if (next_ < before_.size() && before_[next_]->definition == definition) return before_[next_];
  if (places_before_.empty()) {
    places_before_.reserve(before_.size());
    for (size_t i = 0; i < before_.size(); ++i) places_before_.emplace(before_[i]->definition, i);
  }
  const auto found = places_before_.find(definition);
  return found == places_before_.end() ? nullptr : before_[found->second];
}

// The context hears of every cluster, as if the routes had been read.
bool RouteTableReader::MayStillName(const VirtualHostEntry& virtual_host) const {
  const auto may_name = [this](const ClusterRef& cluster) {
    return cluster.name.empty() || context_.cluster_slot(cluster.name).ok();
  };
  for (const PathIndex::Entry& entry : virtual_host.paths->entries()) {
    const auto* action = std::get_if<ForwardAction>(&entry.route.action);
    if (action == nullptr) continue;
    if (!may_name(action->cluster)) return false;
    for (const WeightedCluster& weighted : action->weighted) {
      if (!may_name(weighted.cluster)) return false;
    }
  }
  return true;
}

std::unique_ptr<const RouteTable> RouteTableReader::Finish() { return std::move(filler_).Finish(); }

}  // namespace weir::routing
