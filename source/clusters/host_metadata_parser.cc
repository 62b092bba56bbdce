#include "source/clusters/host_metadata_parser.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <utility>

#include "envoy/config/core/v3/base.pb.h"
#include "source/config/canonical_bytes.h"

namespace weir::clusters {

std::string CanonicalValue(const google::protobuf::Value& value) {
  return config::CanonicalBytes(value);
}

std::shared_ptr<const balancing::HostMetadata> ParseHostMetadata(
    const envoy::config::core::v3::Metadata& proto) {
  const auto found = proto.filter_metadata().find("envoy.lb");
  if (found == proto.filter_metadata().end()) return nullptr;
  auto metadata = std::make_shared<balancing::HostMetadata>();
  for (const auto& [key, value] : found->second.fields()) {
    balancing::HostMetadata::Entry entry{key, CanonicalValue(value), {}, value.string_value()};
    for (const google::protobuf::Value& element : value.list_value().values()) {
      entry.elements.push_back(CanonicalValue(element));
    }
    metadata->entries.push_back(std::move(entry));
  }
  const auto is_before = [](const auto& a, const auto& b) { return a.key < b.key; };
  std::sort(metadata->entries.begin(), metadata->entries.end(), is_before);
  return metadata;
}

}  // namespace weir::clusters
