// Parts of a record as the messages that /config_dump and CSDS share. Pure functions.
#pragma once

#include <cstdint>

#include "envoy/admin/v3/config_dump_shared.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "source/admin/resource_record.h"

namespace weir::admin {

google::protobuf::Timestamp ToTimestamp(int64_t wall_us);

// The same numbers.
envoy::admin::v3::ClientResourceStatus ToProto(ResourceStatus status);

// Whether there is anything to say of a failure.
bool HasFailed(const ResourceRecord& record);
// Says what the status means where nobody gave a reason.
void FillFailure(const ResourceRecord& record, envoy::admin::v3::UpdateFailureState& state);

}  // namespace weir::admin
