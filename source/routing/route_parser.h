// envoy.config.route.v3.RouteConfiguration → RouteTable. Main thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
// FunctionRef of this abseil asks for complete types.
#include "google/protobuf/any.pb.h"
#include "source/config/faults.h"
#include "source/routing/route_table.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}

namespace weir::routing {

// What the parser asks of higher layers.
struct ParseContext {
  // The slot of a cluster name, made when new. An error says why the table must not name it.
  absl::FunctionRef<absl::StatusOr<clusters::ClusterSlot*>(std::string_view name)> cluster_slot;
  // Compiles a header value with %…% operators.
  absl::FunctionRef<absl::StatusOr<std::shared_ptr<const ValueTemplate>>(std::string_view text)>
      value_template;
  // Parses typed_per_filter_config; adds faults itself and returns null then.
  absl::FunctionRef<std::shared_ptr<const FilterConfig>(
      const std::string& filter_name, const google::protobuf::Any& any, config::Faults& faults)>
      filter_config;
};

// Knows no higher layer: slots are null, %…% operators and per-filter settings are faults.
const ParseContext& BareContext();

// Null when faults were added (all of them, with paths relative to the message).
std::unique_ptr<const RouteTable> ParseRouteTable(
    const envoy::config::route::v3::RouteConfiguration& proto, const ParseContext& context,
    config::Faults& faults);

// Every cluster name the table can send to (cluster_header excepted), each once.
std::vector<std::string> ClusterNames(const envoy::config::route::v3::RouteConfiguration& proto);

}  // namespace weir::routing
