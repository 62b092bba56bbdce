#include "source/http/path.h"

#include <algorithm>
#include <cstddef>

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

NormalizedPath Rejected(std::string_view detail) {
  return {NormalizedPath::Outcome::kReject, {}, detail};
}

bool IsUnreserved(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// The byte that `text`, beginning with '%', encodes; -1 when it is no encoding.
int DecodeByte(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = HexValue(text[1]);
  const int low = HexValue(text[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

// Most paths hold nothing that any rule is about. True also for some that need no change.
bool MayNeedWork(std::string_view path) {
  char last = 0;
  for (char c : path) {
    if (c == '%' || c == '\\') return true;
    if (last == '/' && (c == '/' || c == '.')) return true;
    last = c;
  }
  return false;
}

// The first step: a copy of `path` without needless or dangerous encodings.
class PathDecoder {
 public:
  PathDecoder(const PathOptions& options, char* out) : options_(options), begin_(out), out_(out) {}

  // False: rejected, see detail().
  bool Decode(std::string_view path) {
    for (size_t i = 0; i < path.size();) {
      const char c = path[i];
      if (c == '%') {
        if (!DecodeEscape(path, i)) return false;
      } else {
        if (c == '\\' && options_.reject_backslash) return Reject("path.backslash");
        *out_++ = c == '\\' && options_.normalize ? '/' : c;
        ++i;
      }
    }
    return true;
  }

  size_t size() const { return static_cast<size_t>(out_ - begin_); }
  bool found_escaped_slash() const { return found_escaped_slash_; }
  std::string_view detail() const { return detail_; }

 private:
  bool Reject(std::string_view detail) {
    detail_ = detail;
    return false;
  }

  bool DecodeEscape(std::string_view path, size_t& i) {
    const int byte = DecodeByte(path.substr(i));
    if (byte < 0) {
      // Decoding what follows a bare '%' could complete an encoding that was none.
      if (options_.normalize) return Reject("path.invalid_escape");
      *out_++ = '%';
      ++i;
      return true;
    }
    if (byte == 0 || byte == '\r' || byte == '\n') return Reject("path.escaped_control");
    if ((byte == '/' || byte == '\\') && options_.escaped_slashes != EscapedSlashAction::kKeep) {
      if (options_.escaped_slashes == EscapedSlashAction::kReject) {
        return Reject("path.escaped_slash");
      }
      found_escaped_slash_ = true;
      *out_++ = '/';
    } else if (options_.normalize && IsUnreserved(static_cast<char>(byte))) {
      *out_++ = static_cast<char>(byte);
    } else {
      PutEscape(path.substr(i, 3));
    }
    i += 3;
    return true;
  }

  void PutEscape(std::string_view escape) {
    for (char c : escape) {
      const bool is_lower = options_.normalize && c >= 'a' && c <= 'f';
      *out_++ = is_lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }

  const PathOptions& options_;
  char* begin_;
  char* out_;
  bool found_escaped_slash_ = false;
  std::string_view detail_;
};

// A segment that is `.` or `..` up to its path parameters: 1 or 2; any other: 0.
int DotCount(std::string_view segment) {
  const std::string_view name = segment.substr(0, segment.find(';'));
  return name == "." ? 1 : name == ".." ? 2 : 0;
}

// Removes dot segments from [begin, begin + size) in place; the text begins with '/'. Returns the
// new size, or 0 when it leads above the root and that is refused.
size_t RemoveDotSegments(char* begin, size_t size, bool reject_above_root) {
  const std::string_view path(begin, size);
  size_t out = 0;  // what is before it is done, and never ends with '/' unless a segment is empty
  size_t in = 0;   // at the '/' of the next segment
  while (in < size) {
    const size_t end = std::min(path.find('/', in + 1), size);
    const int dots = DotCount(path.substr(in + 1, end - in - 1));
    const bool is_last = end == size;
    if (dots == 0) {
      for (size_t i = in; i < end; ++i) begin[out++] = begin[i];
    } else {
      if (dots == 2) {
        if (out == 0 && reject_above_root) return 0;
        while (out > 0 && begin[--out] != '/') {
        }
      }
      if (is_last) begin[out++] = '/';
    }
    in = end;
  }
  return out;
}

size_t MergeSlashes(char* begin, size_t size) {
  size_t out = 0;
  for (size_t i = 0; i < size; ++i) {
    if (begin[i] == '/' && out > 0 && begin[out - 1] == '/') continue;
    begin[out++] = begin[i];
  }
  return out;
}

}  // namespace

NormalizedPath NormalizePath(std::string_view path, const PathOptions& options,
                             base::Arena& arena) {
  if (path.find('#') != std::string_view::npos) return Rejected("path.fragment");
  if (path.empty() || path.front() != '/') return {NormalizedPath::Outcome::kAccept, path, {}};
  const size_t path_size = std::min(path.find('?'), path.size());
  const std::string_view query = path.substr(path_size);
  if (!MayNeedWork(path.substr(0, path_size))) {
    return {NormalizedPath::Outcome::kAccept, path, {}};
  }

  char* const text = arena.AllocateBytes(path.size());
  PathDecoder decoder(options, text);
  if (!decoder.Decode(path.substr(0, path_size))) return Rejected(decoder.detail());
  size_t size = decoder.size();
  if (options.normalize) {
    size = RemoveDotSegments(text, size, options.reject_above_root);
    if (size == 0) return Rejected("path.above_root");
  }
  if (options.merge_slashes) size = MergeSlashes(text, size);
  query.copy(text + size, query.size());
  const bool redirects =
      decoder.found_escaped_slash() && options.escaped_slashes == EscapedSlashAction::kRedirect;
  return {redirects ? NormalizedPath::Outcome::kRedirect : NormalizedPath::Outcome::kAccept,
          {text, size + query.size()},
          {}};
}

}  // namespace weir::http
