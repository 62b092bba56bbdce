#include "source/control/snapshot.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "source/base/strings.h"

namespace weir::control {
namespace {

// FNV-1a: short, and the same in every process.
class Hash {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) AddByte(static_cast<unsigned char>(c));
    // So that moving a byte from a name to its body does not go unnoticed.
    for (size_t size = bytes.size(); size > 0; size >>= 8) AddByte(size & 0xff);
    AddByte(0);
  }
  uint64_t value() const { return value_; }

 private:
  void AddByte(uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  uint64_t value_ = 0xcbf29ce484222325;
};

std::string DescribeType(const ServedTypeInfo& info, const ResourceSet& previous,
                         const ResourceSet& next) {
  int added = 0, changed = 0, removed = 0;
  for (const auto& [name, body] : next.bodies) {
    auto old = previous.bodies.find(name);
    if (old == previous.bodies.end()) {
      ++added;
    } else if (!IsSame(old->second, body)) {
      ++changed;
    }
  }
  for (const auto& [name, body] : previous.bodies) removed += next.bodies.count(name) == 0;
  std::vector<std::string> parts;
  if (added > 0) parts.push_back(absl::StrCat(added, " added"));
  if (changed > 0) parts.push_back(absl::StrCat(changed, " changed"));
  if (removed > 0) parts.push_back(absl::StrCat(removed, " removed"));
  return parts.empty() ? "" : base::StrCat(info.noun, ": ", absl::StrJoin(parts, ", "));
}

}  // namespace

std::string VersionOf(const ResourceSet& set) {
  Hash hash;
  for (const auto& [name, body] : set.bodies) {
    hash.Add(name);
    hash.Add(body->value());
  }
  return absl::StrFormat("%016x", hash.value());
}

std::string VersionOf(const google::protobuf::Any& body) {
  Hash hash;
  hash.Add(body.value());
  return absl::StrFormat("%016x", hash.value());
}

std::string DescribeChange(const Snapshot* previous, const Snapshot& next) {
  static const Snapshot& empty = *new Snapshot();
  if (previous == nullptr) previous = &empty;
  std::vector<std::string> parts;
  for (const ServedTypeInfo& info : kServedTypes) {
    std::string part = DescribeType(info, previous->Of(info.type), next.Of(info.type));
    if (!part.empty()) parts.push_back(std::move(part));
  }
  return absl::StrJoin(parts, "; ");
}

}  // namespace weir::control
