// What a Route does with a request: forward, redirect, answer. Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "source/routing/path_index.h"
#include "source/routing/route_parser.h"

namespace envoy::config::route::v3 {
class Route;
class RouteAction;
}  // namespace envoy::config::route::v3

namespace weir::routing {

// What a route's parsing takes from the levels above it.
struct RouteDefaults {
  std::shared_ptr<const RetryPolicy> retry;
  size_t max_direct_response_bytes = 4096;
};

// The alternatives of Route::action.
using RouteActionVariant = decltype(Route::action);

RouteActionVariant ParseAction(const envoy::config::route::v3::Route& proto,
                               const PathPattern& pattern, const RouteDefaults& defaults,
                               const ParseContext& context, config::Faults& faults);

// The forwarding alternative.
ForwardAction ParseForwardAction(const envoy::config::route::v3::RouteAction& proto,
                                 const PathPattern& pattern, const RouteDefaults& defaults,
                                 const ParseContext& context, config::Faults& faults);

}  // namespace weir::routing
