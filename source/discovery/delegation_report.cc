#include "source/discovery/delegation_report.h"

#include <string_view>

#include "envoy/service/health/v3/hds.pb.h"
#include "google/protobuf/io/coded_stream.h"

namespace weir::discovery {
namespace {

namespace v3 = envoy::service::health::v3;

// Wire types.
constexpr uint32_t kVarint = 0, kLengthDelimited = 2;

void AppendVarint(uint64_t value, std::string& out) {
  uint8_t buffer[10];
  const uint8_t* const end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, buffer);
  out.append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(end - buffer));
}

void AppendField(int number, std::string_view bytes, std::string& out) {
  DelegationReport::BeginField(number, bytes.size(), out);
  out += bytes;
}

// An EndpointHealth. Its status is the last byte, and is written although it is the default.
std::string HealthOf(const envoy::config::endpoint::v3::Endpoint& proto) {
  envoy::config::endpoint::v3::Endpoint endpoint;
  *endpoint.mutable_address() = proto.address();
  std::string health;
  AppendField(v3::EndpointHealth::kEndpointFieldNumber, endpoint.SerializeAsString(), health);
  AppendVarint(v3::EndpointHealth::kHealthStatusFieldNumber << 3 | kVarint, health);
  AppendVarint(envoy::config::core::v3::UNKNOWN, health);
  return health;
}

}  // namespace

void DelegationReport::BeginField(int number, size_t size, std::string& out) {
  AppendVarint(static_cast<uint32_t>(number) << 3 | kLengthDelimited, out);
  AppendVarint(size, out);
}

DelegationReport::DelegationReport(const v3::ClusterHealthCheck& proto) {
  std::string cluster;
  AppendField(v3::ClusterEndpointsHealth::kClusterNameFieldNumber, proto.cluster_name(), cluster);
  for (const v3::LocalityEndpoints& place : proto.locality_endpoints()) {
    std::string locality;
    if (place.has_locality()) {
      AppendField(v3::LocalityEndpointsHealth::kLocalityFieldNumber,
                  place.locality().SerializeAsString(), locality);
    }
    const size_t first = places_.size();
    for (const auto& endpoint : place.endpoints()) {
      const std::string health = HealthOf(endpoint);
      AppendField(v3::EndpointHealthResponse::kEndpointsHealthFieldNumber, health, bytes_);
      AppendField(v3::LocalityEndpointsHealth::kEndpointsHealthFieldNumber, health, locality);
      places_.push_back({bytes_.size() - 1, locality.size() - 1});
    }
    AppendField(v3::ClusterEndpointsHealth::kLocalityEndpointsHealthFieldNumber, locality, cluster);
    const size_t begin = cluster.size() - locality.size();
    for (size_t i = first; i < places_.size(); ++i) places_[i].grouped += begin;
  }
  AppendField(v3::EndpointHealthResponse::kClusterEndpointsHealthFieldNumber, cluster, bytes_);
  const size_t begin = bytes_.size() - cluster.size();
  for (Places& places : places_) places.grouped += begin;
}

void DelegationReport::Set(size_t endpoint, envoy::config::core::v3::HealthStatus status) {
  // Each is less than 128: one byte.
  bytes_[places_[endpoint].flat] = bytes_[places_[endpoint].grouped] = static_cast<char>(status);
}

}  // namespace weir::discovery
