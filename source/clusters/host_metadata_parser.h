// envoy.config.core.v3.Metadata of an endpoint → HostMetadata. Main thread.
#pragma once

#include <memory>
#include <string>

#include "source/balancing/host_metadata.h"

namespace envoy::config::core::v3 {
class Metadata;
}
namespace google::protobuf {
class Value;
}

namespace weir::clusters {

// Null where there is nothing under "envoy.lb".
std::shared_ptr<const balancing::HostMetadata> ParseHostMetadata(
    const envoy::config::core::v3::Metadata& proto);

// The form in which values are compared: equal ones have equal bytes.
std::string CanonicalValue(const google::protobuf::Value& value);

}  // namespace weir::clusters
