#include "source/health/grpc_health_parser.h"

#include "grpc/health/v1/health.pb.h"

namespace weir::health {
namespace {

// A flag for compression and four bytes of length.
constexpr size_t kPrefixBytes = 5;

}  // namespace

std::string EncodeHealthRequest(std::string_view service) {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(std::string(service));
  const std::string message = request.SerializeAsString();
  std::string body(kPrefixBytes, '\0');
  for (size_t i = 0; i < 4; ++i) {
    body[4 - i] = static_cast<char>(message.size() >> 8 * i & 0xff);
  }
  return body + message;
}

std::optional<int> ParseHealthReply(std::string_view body) {
  if (body.size() < kPrefixBytes || body[0] != 0) return std::nullopt;
  size_t size = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) size = size << 8 | static_cast<uint8_t>(body[i]);
  body.remove_prefix(kPrefixBytes);
  if (body.size() != size) return std::nullopt;
  grpc::health::v1::HealthCheckResponse response;
  if (!response.ParseFromArray(body.data(), static_cast<int>(body.size()))) return std::nullopt;
  return response.status();
}

}  // namespace weir::health
