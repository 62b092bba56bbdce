// metadata_match of a route → what it wants of a host. Main thread.
#pragma once

#include <memory>

#include "source/balancing/subset_config.h"

namespace envoy::config::core::v3 {
class Metadata;
}

namespace weir::routing {

// What is under "envoy.lb", over `other`, which may be null. Null: nothing at all. A list of
// structs under "fallback_list" are alternatives.
std::shared_ptr<const balancing::SubsetCriteria> ParseMetadataMatch(
    const envoy::config::core::v3::Metadata& proto,
    const std::shared_ptr<const balancing::SubsetCriteria>& other);

}  // namespace weir::routing
