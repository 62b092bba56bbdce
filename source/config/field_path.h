// The way from a message to a field inside it, kept on the stack while walking and put into words
// only when there is a fault: a walk that finds none makes no strings.
//
//   FieldPath clusters(&root, "clusters");  FieldPath third(&clusters, size_t{2});
//   third.ToString() → "static_resources.clusters[2]"
#pragma once

#include <string>
#include <string_view>

#include "source/base/strings.h"

namespace weir::config {

class FieldPath {
 public:
  // The root: "".
  FieldPath() = default;
  // The names must outlive the path.
  FieldPath(const FieldPath* outer, std::string_view name) : outer_(outer), name_(name) {}
  FieldPath(const FieldPath* outer, size_t index)
      : outer_(outer), index_(index), kind_(Kind::kIndex) {}
  static FieldPath OfKey(const FieldPath* outer, std::string_view key) {
    FieldPath path(outer, key);
    path.kind_ = Kind::kKey;
    return path;
  }

  std::string ToString() const {
    std::string out = outer_ == nullptr ? std::string() : outer_->ToString();
    switch (kind_) {
      case Kind::kName:
        if (!out.empty() && !name_.empty()) out += '.';
        out += name_;
        break;
      case Kind::kIndex:
        absl::StrAppend(&out, "[", index_, "]");
        break;
      case Kind::kKey:
        base::StrAppend(&out, "[", name_, "]");
        break;
    }
    return out;
  }

 private:
  enum class Kind { kName, kIndex, kKey };

  const FieldPath* outer_ = nullptr;
  std::string_view name_;
  size_t index_ = 0;
  Kind kind_ = Kind::kName;
};

}  // namespace weir::config
