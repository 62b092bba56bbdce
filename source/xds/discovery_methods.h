// Which gRPC method carries what:
// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol. Pure; no thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::xds {

// State of the world: a request says all that is wanted and, of listeners and clusters, a response
// all there is. Delta: both say what changed.
enum class Protocol { kStateOfTheWorld, kDelta };

// Of the stream that carries every type.
std::string AggregatedMethod(Protocol protocol);
// Of a stream for `type_url` alone; an error when no service has it.
absl::StatusOr<std::string> MethodOf(std::string_view type_url, Protocol protocol);

}  // namespace weir::xds
