#include "source/routing/metadata_match_parser.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <utility>

#include "envoy/config/core/v3/base.pb.h"
#include "source/config/canonical_bytes.h"

namespace weir::routing {
namespace {

constexpr char kAlternatives[] = "fallback_list";

balancing::SubsetCriteria CriteriaOf(const google::protobuf::Struct& proto) {
  balancing::SubsetCriteria criteria;
  for (const auto& [key, value] : proto.fields()) {
    if (key == kAlternatives && value.has_list_value()) continue;
    criteria.values.emplace_back(key, config::CanonicalBytes(value));
  }
  std::sort(criteria.values.begin(), criteria.values.end());
  return criteria;
}

}  // namespace

std::shared_ptr<const balancing::SubsetCriteria> ParseMetadataMatch(
    const envoy::config::core::v3::Metadata& proto,
    const std::shared_ptr<const balancing::SubsetCriteria>& other) {
  const auto found = proto.filter_metadata().find("envoy.lb");
  if (found == proto.filter_metadata().end()) return other;
  balancing::SubsetCriteria criteria = CriteriaOf(found->second);
  const auto list = found->second.fields().find(kAlternatives);
  if (list != found->second.fields().end()) {
    for (const google::protobuf::Value& alternative : list->second.list_value().values()) {
      criteria.alternatives.push_back(CriteriaOf(alternative.struct_value()));
    }
  }
  if (other != nullptr) criteria = Merge(criteria, *other);
  return std::make_shared<const balancing::SubsetCriteria>(std::move(criteria));
}

}  // namespace weir::routing
