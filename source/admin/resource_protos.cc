#include "source/admin/resource_protos.h"

#include <string>

namespace weir::admin {

namespace {

std::string Meaning(ResourceStatus status) {
  switch (status) {
    case ResourceStatus::kRequested:
      return "asked for, and not answered yet";
    case ResourceStatus::kDoesNotExist:
      return "the control plane does not have it";
    case ResourceStatus::kTimeout:
      return "asked for, and not answered within initial_fetch_timeout";
    case ResourceStatus::kReceivedError:
      return "the control plane answered with an error";
    case ResourceStatus::kAcked:
    case ResourceStatus::kNacked:
      break;
  }
  return "";
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(int64_t wall_us) {
  google::protobuf::Timestamp time;
  time.set_seconds(wall_us / 1'000'000);
  time.set_nanos(static_cast<int32_t>(wall_us % 1'000'000 * 1000));
  return time;
}

envoy::admin::v3::ClientResourceStatus ToProto(ResourceStatus status) {
  return static_cast<envoy::admin::v3::ClientResourceStatus>(status);
}

bool HasFailed(const ResourceRecord& record) {
  return record.status() != ResourceStatus::kAcked && record.status() != ResourceStatus::kRequested;
}

void FillFailure(const ResourceRecord& record, envoy::admin::v3::UpdateFailureState& state) {
  const ResourceFailure& failure = record.failure();
  if (failure.body != nullptr) *state.mutable_failed_configuration() = *failure.body;
  if (failure.at_us != 0) *state.mutable_last_update_attempt() = ToTimestamp(failure.at_us);
  state.set_details(failure.details.empty() ? Meaning(record.status()) : failure.details);
  state.set_version_info(failure.version);
}

}  // namespace weir::admin
