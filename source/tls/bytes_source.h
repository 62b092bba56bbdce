// A DataSource as plain data: where some bytes are, and how to get them. Reads files whole, of up
// to kMaxFileBytes; main thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::tls {

struct BytesSource {
  enum class Kind : uint8_t { kNone, kFile, kInline, kEnvironment };
  static constexpr size_t kMaxFileBytes = 4 * 1024 * 1024;

  Kind kind = Kind::kNone;
  std::string text;  // the path, the bytes, the variable's name

  bool is_set() const { return kind != Kind::kNone; }
  absl::StatusOr<std::string> Load() const;
  // For people; never the bytes.
  std::string Name() const;
  // A file that every user of the machine can read.
  bool is_open_to_all() const;
  // Of a file's path; empty for the other kinds.
  std::string Directory() const;

  static BytesSource File(std::string path) { return {Kind::kFile, std::move(path)}; }
  static BytesSource Inline(std::string bytes) { return {Kind::kInline, std::move(bytes)}; }
};

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

}  // namespace weir::tls
