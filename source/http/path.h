// Brings a request path into the one form that is routed, authorised, logged and forwarded
// (RFC 3986 §6.2.2): whoever looks at a path later sees what the upstream will see.
//
// Order: escaped slashes by their action; percent-encodings of unreserved characters decoded and
// the others' digits upper-cased; dot segments removed, with or without path parameters; slashes
// merged. Idempotent. The query is never touched. Pure functions; what changes is built in an
// arena.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/base/arena.h"

namespace weir::http {

// What to do about %2F and %5C, which some backends take for slashes.
enum class EscapedSlashAction : uint8_t { kKeep, kReject, kRedirect, kUnescape };

struct PathOptions {
  bool normalize = true;
  bool merge_slashes = true;
  EscapedSlashAction escaped_slashes = EscapedSlashAction::kReject;
  // Off: a backslash becomes a slash (with `normalize`), as browsers do.
  bool reject_backslash = true;
  // Off: `..` at the root stays at the root (RFC 3986 §5.2.4).
  bool reject_above_root = false;
};

struct NormalizedPath {
  enum class Outcome : uint8_t {
    kAccept,
    kRedirect,  // 307 to `path`: escaped slashes were there
    kReject,    // 400, because of `detail`
  };

  Outcome outcome = Outcome::kAccept;
  std::string_view path;    // with the query; the argument itself when nothing changed
  std::string_view detail;  // static text
};

// `path` is in origin form; anything else (`*`, empty) is accepted as it is. %00, %0A, %0D and a
// fragment are always rejected; with `normalize` also a '%' that begins no encoding.
NormalizedPath NormalizePath(std::string_view path, const PathOptions& options, base::Arena& arena);

}  // namespace weir::http
