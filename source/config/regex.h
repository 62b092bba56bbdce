// A compiled regular expression: RE2, so time is linear in the text whatever a peer sends.
//
// It sees bytes, not UTF-8: a peer's header may hold any of them, and '.' must match each. A
// pattern whose program grows past kMaxProgramSize is refused, which bounds what one match may
// cost a worker. Immutable, thread-safe. RE2 stays inside regex.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/base/arena.h"

namespace re2 {
class RE2;
}

namespace weir::config {

class Regex {
 public:
  // RE2 instructions. Ordinary path patterns take 10 to 100, a large alternation a thousand.
  static constexpr int kMaxProgramSize = 2000;
  static constexpr size_t kMaxPatternBytes = 16 * 1024;

  static absl::StatusOr<std::shared_ptr<const Regex>> Compile(std::string_view pattern);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  // The whole of `text` matches.
  bool FullMatch(std::string_view text) const;

  // `substitution` may hold \0 to \9 for groups that the pattern has, and \\ for a backslash.
  absl::Status CheckSubstitution(std::string_view substitution) const;
  // Every match in `text`, from left to right, replaced; `text` itself when there is none.
  // Requires CheckSubstitution(substitution).ok().
  std::string_view ReplaceAll(std::string_view text, std::string_view substitution,
                              base::Arena& arena) const;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> re2);

  std::unique_ptr<re2::RE2> re2_;
};

}  // namespace weir::config
