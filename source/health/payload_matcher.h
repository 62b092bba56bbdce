// Looks for texts in a stream of bytes, each behind the one before, and keeps no more of it than
// the longest of them. One thread's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::health {

class PayloadMatcher {
 public:
  // `wanted` outlives it; none of them is empty.
  explicit PayloadMatcher(const std::vector<std::string>& wanted) : wanted_(wanted) {}

  void Feed(std::string_view bytes);
  bool has_all() const { return found_ == wanted_.size(); }

 private:
  const std::vector<std::string>& wanted_;
  size_t found_ = 0;
  std::string kept_;
};

}  // namespace weir::health
