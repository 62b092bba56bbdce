// What Envoy's API has, by name: every message and enum with its fields or values. Tells what
// Weir does not implement from what does not exist. From envoy_fields.txt, which
// tools/envoy_fields.py writes. The first call indexes it; thread-safe.
#pragma once

#include <string_view>
#include <vector>

namespace weir::config::envoy_fields {

// Whether Envoy has the message or enum, by full name: "envoy.config.cluster.v3.Cluster".
bool HasType(std::string_view type);
// Name of a field of a message, or of a value of an enum; empty when there is none.
std::string_view NameOf(std::string_view type, int number);
// Whether the message has the field, in snake_case, or the enum the value, in any case.
bool HasMember(std::string_view type, std::string_view name);
// Sorted.
const std::vector<std::string_view>& Types();

}  // namespace weir::config::envoy_fields
