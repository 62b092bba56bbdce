#include "source/clusters/subset_parser.h"

#include <google/protobuf/struct.pb.h>

#include "source/clusters/host_metadata_parser.h"

namespace weir::clusters {

balancing::SubsetCriteria CriteriaOf(const google::protobuf::Struct& proto) {
  balancing::SubsetCriteria criteria;
  for (const auto& [key, value] : proto.fields()) {
    criteria.values.emplace_back(key, CanonicalValue(value));
  }
  std::sort(criteria.values.begin(), criteria.values.end());
  return criteria;
}

std::vector<std::string> KeysOf(std::vector<std::string> keys, config::Faults& faults) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.empty() || keys.front().empty()) faults.Add("keys", "must not be empty");
  return keys;
}

}  // namespace weir::clusters
