// The two messages of grpc.health.v1.Health/Check, in gRPC's framing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::health {

inline constexpr int kGrpcServing = 1;  // of HealthCheckResponse.ServingStatus

// A request's body.
std::string EncodeHealthRequest(std::string_view service);
// The ServingStatus in a response's body; none when it is not one whole, uncompressed message.
std::optional<int> ParseHealthReply(std::string_view body);

}  // namespace weir::health
