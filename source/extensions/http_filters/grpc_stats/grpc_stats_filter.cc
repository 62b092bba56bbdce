#include "source/extensions/http_filters/grpc_stats/grpc_stats_filter.h"

#include <algorithm>
#include <variant>

#include "source/base/strings.h"
#include "source/filter/cluster_choice.h"
#include "source/http/grpc.h"
#include "source/routing/route.h"

namespace weir::extensions::grpc_stats {

namespace {

using filter::FilterStatus;
using upstream::GrpcMethod;

// None unless it is "/SERVICE/METHOD".
std::optional<GrpcMethod> MethodOf(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const GrpcMethod method = {path.substr(0, slash), path.substr(slash + 1)};
  const bool is_whole = !method.service.empty() && !method.method.empty() &&
                        method.method.find('/') == std::string_view::npos;
  return is_whole ? std::optional(method) : std::nullopt;
}

}  // namespace

FilterStatus GrpcStatsFilter::OnRequestHead(http::RequestHead& head, bool) {
  if (!http::IsGrpc(head)) return FilterStatus::kContinue;
  const std::string_view path = head.path.substr(0, head.path.find('?'));
  const std::optional<GrpcMethod> method = MethodOf(path);
  if (!method.has_value()) return FilterStatus::kContinue;
  if (upstream::GrpcStats* const stats = StatsOfCluster(head)) {
    calls_ = &Choose(*stats, path, *method);
  }
  return FilterStatus::kContinue;
}

upstream::GrpcStats* GrpcStatsFilter::StatsOfCluster(const http::RequestHead& head) {
  const routing::Route* const route = stream().route();
  if (route == nullptr) return nullptr;
  const auto* const action = std::get_if<routing::ForwardAction>(&route->action);
  if (action == nullptr) return nullptr;
  clusters::ClusterSlot* const slot =
      filter::ChooseCluster(*action, stream().info().weighted_cluster, head, settings_.clusters)
          .slot;
  cluster_ = upstream::LocalClusterRef(slot == nullptr ? nullptr : slot->Here());
  return cluster_ ? cluster_->grpc_stats() : nullptr;
}

upstream::GrpcCallStats& GrpcStatsFilter::Choose(upstream::GrpcStats& stats, std::string_view path,
                                                 GrpcMethod method) {
  if (settings_.counts_all_methods) {
    if (settings_.replaces_dots) method.service = WithoutDots(method.service);
    return stats.OfDiscovered(method);
  }
  return settings_.methods.contains(base::ToAbsl(path)) ? stats.OfMethod(method) : stats.Whole();
}

std::string_view GrpcStatsFilter::WithoutDots(std::string_view service) {
  char* const copy = stream().arena().AllocateBytes(service.size());
  std::replace_copy(service.begin(), service.end(), copy, '.', '_');
  return {copy, service.size()};
}

FilterStatus GrpcStatsFilter::OnRequestBody(base::Buffer& body, bool) {
  if (calls_ != nullptr) calls_->request_message_count.Add(requests_.Add(body));
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseHead(http::ResponseHead& head, bool ends_stream) {
  if (calls_ == nullptr) return FilterStatus::kContinue;
  has_messages_ = head.status == 200 && http::IsGrpc(head);
  CountStatus(head.headers);
  if (ends_stream) CountUpstreamTime();
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseBody(base::Buffer& body, bool) {
  if (has_messages_) calls_->response_message_count.Add(responses_.Add(body));
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (calls_ == nullptr) return FilterStatus::kContinue;
  CountStatus(trailers);
  CountUpstreamTime();
  return FilterStatus::kContinue;
}

// The first one that comes.
void GrpcStatsFilter::CountStatus(const http::HeaderMap& fields) {
  if (has_status_) return;
  const std::optional<http::GrpcStatus> status = http::FindGrpcStatus(fields);
  if (!status.has_value()) return;
  has_status_ = true;
  calls_->CountCall(*status);
}

// Nothing where no upstream answered to the end, or where it did not wait for the request's.
void GrpcStatsFilter::CountUpstreamTime() {
  if (!settings_.counts_upstream_time) return;
  const filter::StreamInfo& info = stream().info();
  const int64_t sent_ns = info.last_upstream_tx_ns, received_ns = info.last_upstream_rx_ns;
  if (sent_ns < 0 || received_ns < sent_ns) return;
  calls_->upstream_rq_time.Record(static_cast<uint64_t>(received_ns - sent_ns) / 1'000'000);
}

}  // namespace weir::extensions::grpc_stats
