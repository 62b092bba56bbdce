// What a route changes in a request's head before the first try; every try sends the same head.
// Header mutations are routing/header_mutator.h's. Worker's thread.
#pragma once

#include <cstdint>

#include "source/base/arena.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace weir::extensions::router {

// Replaces the field with one that holds `value`.
void SetNumber(http::HeaderMap& headers, http::HeaderId id, int64_t value);

// Takes out what was meant for this proxy alone, and says what the upstream may know of: the
// timeout (`expected_ms` > 0) and the path before its rewrite, unless `adds_envoy_headers` is
// false.
struct RewriteOptions {
  bool adds_envoy_headers = true;
  int64_t expected_ms = 0;
  bool is_grpc_deadline = false;  // expected_ms is to be told by grpc-timeout, too
};

// Path and authority as `action`, or first of all `chosen` (may be null), rewrites them. New text
// is in `arena` or in the route.
void RewriteRequest(const routing::ForwardAction& action, const routing::WeightedCluster* chosen,
                    const RewriteOptions& options, base::Arena& arena, http::RequestHead& head);

}  // namespace weir::extensions::router
