#include "source/discovery/health_delegate.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "envoy/service/health/v3/hds.pb.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/clusters/message_hash.h"
#include "source/config/load.h"
#include "source/discovery/discovery_types.h"

namespace weir::discovery {
namespace {

namespace v3 = envoy::service::health::v3;

constexpr char kMethod[] = "/envoy.service.health.v3.HealthDiscoveryService/StreamHealthCheck";

// What the server says, and the hash of each of its clusters.
struct Request final : rpc::Decoded {
  v3::HealthCheckSpecifier message;
  std::vector<uint64_t> hashes;
  bool is_readable = false;
};

std::unique_ptr<rpc::Decoded> Decode(std::string bytes) {
  auto request = std::make_unique<Request>();
  request->is_readable = request->message.ParseFromString(bytes);
  for (const v3::ClusterHealthCheck& cluster : request->message.cluster_health_checks()) {
    request->hashes.push_back(clusters::HashMessage(cluster));
  }
  return request;
}

xds::ControlPlaneStream::Options StreamOptions() {
  xds::ControlPlaneStream::Options options;
  options.method = kMethod;
  options.decoder = Decode;
  return options;
}

std::string HelloOf(const envoy::config::core::v3::Node& node) {
  v3::HealthCheckRequestOrEndpointHealthResponse message;
  v3::HealthCheckRequest& hello = *message.mutable_health_check_request();
  *hello.mutable_node() = node;
  hello.mutable_capability()->add_health_check_protocols(v3::Capability::HTTP);
  hello.mutable_capability()->add_health_check_protocols(v3::Capability::TCP);
  return message.SerializeAsString();
}

// All that is known, in its envelope.
std::string ReportOn(const std::vector<DelegatedCluster*>& clusters) {
  std::vector<const std::string*> parts;
  size_t size = 0;
  for (DelegatedCluster* const cluster : clusters) {
    parts.push_back(&cluster->Report());
    size += parts.back()->size();
  }
  std::string message;
  DelegationReport::BeginField(
      v3::HealthCheckRequestOrEndpointHealthResponse::kEndpointHealthResponseFieldNumber, size,
      message);
  message.reserve(message.size() + size);
  for (const std::string* const part : parts) message += *part;
  return message;
}

}  // namespace

HealthDelegate::HealthDelegate(const Context& context, const envoy::config::core::v3::Node& node,
                               std::vector<xds::ControlPlaneServer> servers)
    : main_(context.main),
      hello_(HelloOf(node)),
      stats_(context.stats.AddGroup<HealthDelegateStats>("hds_delegate")),
      threads_(context.main, context.workers),
      cluster_context_{threads_, context.stats, context.log_writer},
      report_timer_(context.main, [this] { Report(); }),
      stream_(context.main, StreamOptions(), std::move(servers), context.random, *this) {}

HealthDelegate::~HealthDelegate() = default;

void HealthDelegate::OnStreamOpen() { Send(hello_); }

void HealthDelegate::OnStreamDecoded(std::unique_ptr<rpc::Decoded> decoded) {
  auto& request = static_cast<Request&>(*decoded);
  if (!request.is_readable) {
    stream_.Disconnect(
        absl::InternalError("a message of the health discovery server is "
                            "unreadable"));
    return;
  }
  stats_->Here().requests.Add();
  Follow(request.message, request.hashes);
}

void HealthDelegate::OnStreamEnd(const absl::Status& status) {
  WEIR_LOG(kWarning, "health", "the health discovery stream ended: ", status.ToString());
  stats_->Here().errors.Add();
  report_timer_.Cancel();
  is_sending_ = false;
}

void HealthDelegate::Follow(v3::HealthCheckSpecifier& request,
                            const std::vector<uint64_t>& hashes) {
  has_changed_ = has_refused_ = false;
  google::protobuf::RepeatedPtrField<v3::ClusterHealthCheck> clusters;
  clusters.Swap(request.mutable_cluster_health_checks());
  SetInterval(request);
  shown_.clear();
  for (int i = 0; i < clusters.size(); ++i) Take(clusters[i], hashes[i], i);
  ForgetUnnamed();
  CountChecked();
  if (has_changed_) stats_->Here().updates.Add();
  if (has_refused_) stats_->Here().errors.Add();
  // One that was set goes on: requests that come often delay no report.
  if (!report_timer_.is_armed()) report_timer_.Arm(interval_ms_);
}

void HealthDelegate::SetInterval(const v3::HealthCheckSpecifier& request) {
  config::Faults faults;
  if (!config::CheckMessage(request, faults)) return Refuse(faults);
  const auto& interval = request.interval();
  const int64_t asked_ms = request.has_interval()
                               ? interval.seconds() * 1000 + interval.nanos() / 1'000'000
                               : kDefaultIntervalMs;
  const int64_t interval_ms = std::max(asked_ms, kLeastIntervalMs);
  if (interval_ms == interval_ms_) return;
  interval_ms_ = interval_ms;
  has_changed_ = true;
  report_timer_.Cancel();
}

void HealthDelegate::Take(const v3::ClusterHealthCheck& proto, uint64_t hash, int index) {
  config::Faults faults;
  config::Faults::Scope scope(faults, "cluster_health_checks", static_cast<size_t>(index));
  Entry& entry = entries_[proto.cluster_name()];
  if (std::exchange(entry.is_named, true)) {
    faults.Add("cluster_name", base::StrCat("'", proto.cluster_name(),
                                            "' is the name of two clusters; the first is taken"));
    return Refuse(faults);
  }
  if (std::exchange(entry.hash, hash) != hash) TakeNew(proto, entry, faults);
  if (entry.cluster != nullptr) shown_.push_back(entry.cluster.get());
}

void HealthDelegate::TakeNew(const v3::ClusterHealthCheck& proto, Entry& entry,
                             config::Faults& faults) {
  auto made =
      entry.cluster == nullptr ? std::make_unique<DelegatedCluster>(cluster_context_) : nullptr;
  DelegatedCluster& cluster = made != nullptr ? *made : *entry.cluster;
  if (!cluster.Update(proto, faults)) return Refuse(faults);
  if (made != nullptr) entry.cluster = std::move(made);
  has_changed_ = true;
  for (const config::Fault& ignored : faults.ignored()) {
    WEIR_LOG(kInfo, "health", "the health discovery server's ", ignored.path,
             " is ignored: ", ignored.text);
  }
}

void HealthDelegate::ForgetUnnamed() {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto here = at++;
    if (std::exchange(here->second.is_named, false)) continue;
    has_changed_ |= here->second.cluster != nullptr;
    entries_.erase(here);
  }
}

void HealthDelegate::Refuse(const config::Faults& faults) {
  WEIR_LOG(kWarning, "health", "refused of the health discovery server: ", FaultLines(faults));
  has_refused_ = true;
}

void HealthDelegate::CountChecked() {
  int64_t endpoints = 0;
  for (const DelegatedCluster* cluster : shown_) {
    endpoints += static_cast<int64_t>(cluster->endpoint_count());
  }
  stats_->Here().clusters.Set(static_cast<int64_t>(shown_.size()));
  stats_->Here().endpoints.Set(endpoints);
}

void HealthDelegate::Report() {
  report_timer_.Arm(interval_ms_);
  if (!is_sending_) Send(ReportOn(shown_));
}

void HealthDelegate::Send(std::string bytes) {
  is_sending_ = true;
  stream_.Send(std::move(bytes));
  stats_->Here().responses.Add();
}

}  // namespace weir::discovery
