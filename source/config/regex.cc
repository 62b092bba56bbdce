#include "source/config/regex.h"

#include <re2/re2.h>

#include <string>
#include <utility>

#include "source/base/strings.h"

namespace weir::config {

namespace {

re2::StringPiece ToPiece(std::string_view text) { return {text.data(), text.size()}; }

re2::RE2::Options Options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  // Bounds the states RE2 caches for each pattern, which texts of peers make it build.
  options.set_max_mem(512 * 1024);
  return options;
}

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> re2) : re2_(std::move(re2)) {}
Regex::~Regex() = default;

absl::StatusOr<std::shared_ptr<const Regex>> Regex::Compile(std::string_view pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(base::StrCat(
        "the pattern has ", pattern.size(), " bytes, at most ", kMaxPatternBytes, " are allowed"));
  }
  auto re2 = std::make_unique<re2::RE2>(ToPiece(pattern), Options());
  if (!re2->ok()) return absl::InvalidArgumentError(re2->error());
  if (re2->ProgramSize() > kMaxProgramSize) {
    return absl::InvalidArgumentError(base::StrCat("the program has ", re2->ProgramSize(),
                                                   " instructions, at most ", kMaxProgramSize,
                                                   " are allowed: simplify the pattern"));
  }
  return std::shared_ptr<const Regex>(new Regex(std::move(re2)));
}

bool Regex::FullMatch(std::string_view text) const {
  return re2_->Match(ToPiece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

absl::Status Regex::CheckSubstitution(std::string_view substitution) const {
  std::string error;
  if (re2_->CheckRewriteString(ToPiece(substitution), &error)) return absl::OkStatus();
  return absl::InvalidArgumentError(error);
}

std::string_view Regex::ReplaceAll(std::string_view text, std::string_view substitution,
                                   base::Arena& arena) const {
  constexpr int kGroups = 10;
  const int group_count = 1 + re2::RE2::MaxSubmatch(ToPiece(substitution));
  re2::StringPiece groups[kGroups];
  // Keeps its memory from call to call: the size of the result is known only at the end.
  thread_local std::string out;
  out.clear();
  size_t copied = 0;
  bool found = false;
  for (size_t at = 0; at <= text.size();) {
    if (!re2_->Match(ToPiece(text), at, text.size(), re2::RE2::UNANCHORED, groups, group_count)) {
      break;
    }
    const size_t begin = groups[0].data() - text.data();
    const size_t end = begin + groups[0].size();
    // As everywhere, an empty match right behind a match does not count.
    if (!found || begin != copied || end != begin) {
      out.append(text, copied, begin - copied);
      re2_->Rewrite(&out, ToPiece(substitution), groups, group_count);
      copied = end;
      found = true;
    }
    at = end == begin ? end + 1 : end;
  }
  if (!found) return text;
  out.append(text, copied, std::string::npos);
  return arena.Copy(out);
}

}  // namespace weir::config
