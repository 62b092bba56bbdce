#include "source/discovery/load_ledger.h"

#include <utility>

#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/config/endpoint/v3/load_report.pb.h"
#include "source/base/strings.h"

namespace weir::discovery {

using envoy::config::endpoint::v3::ClusterStats;
using envoy::config::endpoint::v3::UpstreamLocalityStats;

namespace {

void FillAddress(const net::Address& address, envoy::config::core::v3::Address& out) {
  if (!address.is_ip()) {
    out.mutable_pipe()->set_path(address.ToString());
    return;
  }
  out.mutable_socket_address()->set_address(address.IpString());
  out.mutable_socket_address()->set_port_value(address.port());
}

// UpstreamLocalityStats and UpstreamEndpointStats count alike.
template <class Stats>
void AddTo(Stats& stats, uint64_t issued, uint64_t succeeded, uint64_t failed, uint64_t active) {
  stats.set_total_issued_requests(stats.total_issued_requests() + issued);
  stats.set_total_successful_requests(stats.total_successful_requests() + succeeded);
  stats.set_total_error_requests(stats.total_error_requests() + failed);
  stats.set_total_requests_in_progress(stats.total_requests_in_progress() + active);
}

}  // namespace

// Puts hosts into their locality and priority.
class LoadLedger::Writer {
 public:
  Writer(ClusterStats& out, bool by_endpoint) : out_(out), by_endpoint_(by_endpoint) {}

  void Add(Line& line) {
    const balancing::Host& host = *line.host;
    const Totals now = TotalsOf(host);
    const uint64_t active = host.active_requests.load(std::memory_order_relaxed);
    const Totals more{now.issued - line.told.issued, now.succeeded - line.told.succeeded,
                      now.failed - line.told.failed};
    line.told = now;
    if (more.issued + more.succeeded + more.failed + active == 0) return;
    UpstreamLocalityStats& locality = LocalityOf(host.locality(), line.priority);
    AddTo(locality, more.issued, more.succeeded, more.failed, active);
    if (!by_endpoint_) return;
    auto& endpoint = *locality.add_upstream_endpoint_stats();
    FillAddress(host.address(), *endpoint.mutable_address());
    AddTo(endpoint, more.issued, more.succeeded, more.failed, active);
  }

 private:
  UpstreamLocalityStats& LocalityOf(const balancing::Locality& locality, uint32_t priority) {
    for (UpstreamLocalityStats& known : *out_.mutable_upstream_locality_stats()) {
      if (known.priority() == priority && known.locality().region() == locality.region &&
          known.locality().zone() == locality.zone &&
          known.locality().sub_zone() == locality.sub_zone) {
        return known;
      }
    }
    UpstreamLocalityStats& made = *out_.add_upstream_locality_stats();
    made.set_priority(priority);
    made.mutable_locality()->set_region(locality.region);
    made.mutable_locality()->set_zone(locality.zone);
    made.mutable_locality()->set_sub_zone(locality.sub_zone);
    return made;
  }

  ClusterStats& out_;
  const bool by_endpoint_;
};

LoadLedger::Totals LoadLedger::TotalsOf(const balancing::Host& host) {
  const balancing::HostActivity* const activity = host.activity_if_any();
  if (activity == nullptr) return {};
  return {activity->requests_total.load(std::memory_order_relaxed),
          activity->requests_success.load(std::memory_order_relaxed),
          activity->requests_error.load(std::memory_order_relaxed)};
}

void LoadLedger::Open(const std::string& cluster, const clusters::ClusterView* view,
                      int64_t now_us) {
  const auto [place, is_new] = books_.try_emplace(cluster);
  if (!is_new) return;
  Book& book = place->second;
  book.since_us = now_us;
  if (view == nullptr) return;
  for (const clusters::HostView& each : view->hosts) {
    book.lines[each.host.get()] = {each.host, each.priority, 0, TotalsOf(*each.host)};
  }
}

bool LoadLedger::Report(const std::string& cluster, const clusters::ClusterView* view,
                        int64_t now_us, bool by_endpoint, ClusterStats& out) {
  const auto found = books_.find(cluster);
  if (found == books_.end()) return false;
  Book& book = found->second;
  ++book.round;
  out.set_cluster_name(cluster);
  if (view != nullptr) {
    out.set_cluster_service_name(std::string(view->config->eds_service_name.view()));
    for (const clusters::HostView& each : view->hosts) {
      Line& line = book.lines[each.host.get()];
      if (line.host == nullptr) line.host = each.host;  // new since: all that it counted is news
      line.priority = each.priority;
      line.round = book.round;
    }
  }
  Writer writer(out, by_endpoint);
  absl::erase_if(book.lines, [&](auto& entry) {
    Line& line = entry.second;
    const bool is_idle = line.host->active_requests.load(std::memory_order_relaxed) == 0;
    writer.Add(line);
    return line.round != book.round && is_idle;
  });
  const int64_t interval_us = now_us - std::exchange(book.since_us, now_us);
  out.mutable_load_report_interval()->set_seconds(interval_us / 1'000'000);
  out.mutable_load_report_interval()->set_nanos(static_cast<int32_t>(interval_us % 1'000'000) *
                                                1000);
  return view != nullptr || out.upstream_locality_stats_size() > 0;
}

std::vector<std::string> LoadLedger::Clusters() const {
  std::vector<std::string> names;
  names.reserve(books_.size());
  for (const auto& [name, book] : books_) names.push_back(name);
  return names;
}

void LoadLedger::Close(std::string_view cluster) { books_.erase(base::ToAbsl(cluster)); }

}  // namespace weir::discovery
