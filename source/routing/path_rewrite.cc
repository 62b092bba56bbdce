#include "source/routing/path_rewrite.h"

#include <algorithm>

namespace weir::routing {

std::string_view RewritePath(const PathRewrite& rewrite, std::string_view target,
                             base::Arena& arena) {
  const size_t path_size = std::min(target.find('?'), target.size());
  std::string_view head, tail;
  if (rewrite.regex != nullptr) {
    head = rewrite.regex->ReplaceAll(target.substr(0, path_size), rewrite.replacement, arena);
    tail = target.substr(path_size);
    if (head.data() == target.data() && head.size() == path_size) return target;
  } else {
    head = rewrite.replacement;
    tail = target.substr(std::min(rewrite.matched_bytes, path_size));
    if (head.ends_with('/') && tail.starts_with('/')) tail.remove_prefix(1);
  }
  if (head.starts_with('/')) return arena.Join(head, tail);
  if (head.empty() && tail.starts_with('/')) return tail;
  return arena.Join("/", arena.Join(head, tail));
}

}  // namespace weir::routing
