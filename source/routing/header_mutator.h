// Applies what routes, virtual hosts and the table say about headers: removals first, then
// additions. The route's come before its virtual host's and the table's, so that by default the
// table has the last word; most_specific_header_mutations_wins turns that around.
//
// %…% operators are the caller's to evaluate. Worker's thread; names and values are copied into
// the map's arena.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/http/header_map.h"
#include "source/routing/route.h"
#include "source/routing/route_table.h"

namespace weir::routing {

// The value of a template; it need not outlive the call.
using TemplateEvaluator = absl::FunctionRef<std::string_view(const ValueTemplate&)>;

void ApplyHeaderMutations(const HeaderMutations& mutations, http::HeaderMap& headers,
                          TemplateEvaluator evaluate);

// `chosen` is the weighted cluster the request goes to; null when there is none.
void ApplyRequestMutations(const RouteTable& table, const Route& route,
                           const WeightedCluster* chosen, http::HeaderMap& headers,
                           TemplateEvaluator evaluate);
void ApplyResponseMutations(const RouteTable& table, const Route& route,
                            const WeightedCluster* chosen, http::HeaderMap& headers,
                            TemplateEvaluator evaluate);

}  // namespace weir::routing
