// What a route makes of the request's path before it is sent upstream. Pure functions over plain
// immutable data; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "source/base/arena.h"
#include "source/config/regex.h"

namespace weir::routing {

// prefix_rewrite or regex_rewrite, whichever `regex` says.
struct PathRewrite {
  static constexpr size_t kWholePath = SIZE_MAX;

  // Null: the first `matched_bytes` of the path give way to `replacement`.
  // Set: so does every match of it in the path without query; \1 stands for a group.
  std::shared_ptr<const config::Regex> regex;
  size_t matched_bytes = kWholePath;
  std::string replacement;
};

// `target` is a path with its query, which is kept. The result begins with '/' whatever the rewrite
// leaves over, and a replacement that ends in '/' does not double the one that follows.
std::string_view RewritePath(const PathRewrite& rewrite, std::string_view target,
                             base::Arena& arena);

}  // namespace weir::routing
