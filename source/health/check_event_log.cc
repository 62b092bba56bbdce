// Tested by test/health/active_checks_test.cc.
#include "source/health/check_event_log.h"

#include "envoy/data/core/v3/health_check_event.pb.h"
#include "source/config/json_writer.h"

namespace weir::health {
namespace {

namespace v3 = envoy::data::core::v3;

v3::HealthCheckerType TypeOf(CheckKind kind) {
  switch (kind) {
    case CheckKind::kHttp:
      return v3::HTTP;
    case CheckKind::kTcp:
      return v3::TCP;
    case CheckKind::kGrpc:
      break;
  }
  return v3::GRPC;
}

v3::HealthCheckFailureType FailureOf(ProbeFailure failure) {
  switch (failure) {
    case ProbeFailure::kActive:
      return v3::ACTIVE;
    case ProbeFailure::kPassive:
      return v3::PASSIVE;
    case ProbeFailure::kNetwork:
      return v3::NETWORK;
    case ProbeFailure::kTimeout:
      break;
  }
  return v3::NETWORK_TIMEOUT;
}

void FillHost(const balancing::Host& host, v3::HealthCheckEvent& proto) {
  const net::Address& address = host.address();
  if (address.is_pipe()) {
    proto.mutable_host()->mutable_pipe()->set_path(address.ToString());
  } else {
    auto& socket = *proto.mutable_host()->mutable_socket_address();
    socket.set_address(address.IpString());
    socket.set_port_value(address.port());
  }
  const balancing::Locality& locality = host.locality();
  if (locality == balancing::Locality()) return;
  proto.mutable_locality()->set_region(locality.region);
  proto.mutable_locality()->set_zone(locality.zone);
  proto.mutable_locality()->set_sub_zone(locality.sub_zone);
}

void FillEvent(const CheckEvent& event, v3::HealthCheckEvent& proto) {
  const auto status = static_cast<uint32_t>(event.http_status);
  switch (event.kind) {
    case CheckEventKind::kEjected:
      proto.mutable_eject_unhealthy_event()->set_failure_type(FailureOf(event.failure));
      proto.mutable_eject_unhealthy_event()->set_http_status_code(status);
      return;
    case CheckEventKind::kAdded:
      proto.mutable_add_healthy_event()->set_first_check(event.is_first);
      return;
    case CheckEventKind::kFailure: {
      auto& failure = *proto.mutable_health_check_failure_event();
      failure.set_failure_type(FailureOf(event.failure));
      failure.set_first_check(event.is_first);
      failure.set_http_status_code(status);
      return;
    }
    case CheckEventKind::kSuccess:
      proto.mutable_successful_health_check_event();
      return;
    case CheckEventKind::kDegraded:
      proto.mutable_degraded_healthy_host();
      return;
    case CheckEventKind::kNoLongerDegraded:
      proto.mutable_no_longer_degraded_host();
      return;
  }
}

}  // namespace

void CheckEventLog::Write(std::string_view cluster, const balancing::Host& host,
                          const CheckEvent& event, int64_t wall_us) {
  v3::HealthCheckEvent proto;
  proto.set_health_checker_type(TypeOf(event.checker));
  FillHost(host, proto);
  proto.set_cluster_name(std::string(cluster));
  FillEvent(event, proto);
  proto.mutable_timestamp()->set_seconds(wall_us / 1'000'000);
  proto.mutable_timestamp()->set_nanos(static_cast<int32_t>(wall_us % 1'000'000 * 1000));
  config::JsonWriter writer(false);
  writer.WriteMessage(proto);
  file_->Write(writer.Take() + "\n");
}

}  // namespace weir::health
