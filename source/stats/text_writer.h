// Gathers small pieces of text and hands them to a sink in chunks, so that a report of a million
// lines needs the memory of one chunk.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/str_format.h"
#include "source/base/strings.h"
#include "source/stats/selection.h"

namespace weir::stats {

// "0.5", "1800000": shortest, no exponent below 10^15.
inline std::string FormatDouble(double value) { return absl::StrFormat("%.15g", value); }

class TextWriter {
 public:
  static constexpr size_t kChunkBytes = 32 * 1024;

  explicit TextWriter(Sink sink) : sink_(sink) { text_.reserve(kChunkBytes + 1024); }
  ~TextWriter() { Flush(); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  // Anything base::StrCat takes.
  template <class... Args>
  void Write(const Args&... args) {
    base::StrAppend(&text_, args...);
    if (text_.size() >= kChunkBytes) Flush();
  }

 private:
  void Flush() {
    if (!text_.empty()) sink_(text_);
    text_.clear();
  }

  const Sink sink_;
  std::string text_;
};

}  // namespace weir::stats
