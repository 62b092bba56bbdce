// Counts gRPC calls and their messages in the statistics of the cluster that the request goes to:
//
//   cluster.NAME.grpc.[SERVICE.METHOD.]{total,success,failure,0 … 16}             its grpc-status
//   cluster.NAME.grpc.[SERVICE.METHOD.]{request,response}_message_count
//   cluster.NAME.grpc.[SERVICE.METHOD.]upstream_rq_time
//
// A call is counted when its status is there, in the head or the trailers, an upstream's or
// a local reply's; one that ends without is not. A status that is none of gRPC's is UNKNOWN (2).
// Requests whose path is not /SERVICE/METHOD are no calls. Changes nothing. Worker's thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "source/clusters/cluster_manager.h"
#include "source/extensions/http_filters/grpc_stats/message_counter.h"
#include "source/filter/http_filter.h"
#include "source/upstream/grpc_stats.h"

namespace weir::extensions::grpc_stats {

struct GrpcStatsSettings {
  clusters::ClusterManager* clusters = nullptr;  // finds the slot that cluster_header names
  bool counts_all_methods = false;
  bool counts_upstream_time = false;
  bool replaces_dots = false;
  absl::flat_hash_set<std::string> methods;  // "/SERVICE/METHOD", to be told apart
};

class GrpcStatsFilter final : public filter::HttpFilter {
 public:
  explicit GrpcStatsFilter(const GrpcStatsSettings& settings) : settings_(settings) {}

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnResponseHead(http::ResponseHead& head, bool ends_stream) override;
  filter::FilterStatus OnResponseBody(base::Buffer& body, bool ends_stream) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;

 private:
  upstream::GrpcStats* StatsOfCluster(const http::RequestHead& head);
  upstream::GrpcCallStats& Choose(upstream::GrpcStats& stats, std::string_view path,
                                  upstream::GrpcMethod method);
  std::string_view WithoutDots(std::string_view service);
  void CountStatus(const http::HeaderMap& fields);
  void CountUpstreamTime();

  const GrpcStatsSettings& settings_;
  upstream::LocalClusterRef cluster_;         // keeps the next
  upstream::GrpcCallStats* calls_ = nullptr;  // null: nothing to count
  MessageCounter requests_, responses_;
  bool has_messages_ = false;  // the response is gRPC's
  bool has_status_ = false;
};

}  // namespace weir::extensions::grpc_stats
