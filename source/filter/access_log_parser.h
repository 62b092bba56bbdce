// AccessLog (protobuf) → AccessLogs: each entry's filter, and its logger by the registry.
#pragma once

#include "google/protobuf/repeated_ptr_field.h"
#include "source/config/faults.h"
#include "source/filter/access_log.h"
#include "source/filter/factory_context.h"

namespace envoy::config::accesslog::v3 {
class AccessLog;
}

namespace weir::filter {

// Faults are added under "access_log[i]".
AccessLogs ParseAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& protos,
    const FactoryContext& context, config::Faults& faults);

}  // namespace weir::filter
