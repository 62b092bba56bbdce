// RouteMatch → what the index looks up (PathPattern) and what it then asks (RequestConditions).
// Main thread.
#pragma once

#include "source/routing/path_index.h"

namespace envoy::config::route::v3 {
class RouteMatch;
}

namespace weir::routing {

struct ParsedMatch {
  PathPattern pattern;
  RequestConditions conditions;
};

ParsedMatch ParseMatch(const envoy::config::route::v3::RouteMatch& proto, config::Faults& faults);

// How much of a path that `pattern` fits a prefix_rewrite replaces.
size_t MatchedBytes(const PathPattern& pattern);

}  // namespace weir::routing
