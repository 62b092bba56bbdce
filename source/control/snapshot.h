// Everything a folder holds at one moment, checked: what clients are served. Immutable once built,
// shared by the sessions; resources that did not change are shared with the snapshot before.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "source/control/served_types.h"

namespace weir::control {

using Body = std::shared_ptr<const google::protobuf::Any>;

inline bool IsSame(const Body& a, const Body& b) {
  return a == b || (a != nullptr && b != nullptr && a->value() == b->value());
}

// The resources of one type by name.
struct ResourceSet {
  std::map<std::string, Body, std::less<>> bodies;
  // A hash of the content: the same folder has the same versions, before and after a restart.
  std::string version;
};

struct Snapshot {
  std::array<ResourceSet, kServedTypeCount> sets;
  // Endpoints that the clusters refer to and that are here: a client asks for them before it can
  // use the clusters.
  std::set<std::string, std::less<>> referred_endpoints;

  const ResourceSet& Of(ServedType type) const { return sets[static_cast<size_t>(type)]; }
  ResourceSet& Of(ServedType type) { return sets[static_cast<size_t>(type)]; }
};

// 16 hex digits that depend on every name and body; on the body.
std::string VersionOf(const ResourceSet& set);
std::string VersionOf(const google::protobuf::Any& body);

// What `next` changed against `previous` (null: nothing was there): "clusters: 1 added, 2 changed,
// 1 removed; routes: 1 changed". Empty when nothing did.
std::string DescribeChange(const Snapshot* previous, const Snapshot& next);

}  // namespace weir::control
