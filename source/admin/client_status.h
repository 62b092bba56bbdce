// Client status discovery (CSDS): what this process has of its control plane, as protocol messages.
// Bodies are shown without the keys in them. Pure: no gRPC, no thread.
#pragma once

#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/status/v3/csds.pb.h"
#include "source/admin/config_dump.h"

namespace weir::admin {

// Every resource but the bootstrap. INVALID_ARGUMENT names what of the request is wrong, or is not
// implemented. A node that no matcher lets pass is not in the response.
absl::StatusOr<envoy::service::status::v3::ClientStatusResponse> AnswerClientStatus(
    const envoy::service::status::v3::ClientStatusRequest& request,
    const envoy::config::core::v3::Node& node, const ConfigDump& dump);

}  // namespace weir::admin
