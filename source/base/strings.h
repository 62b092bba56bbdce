// Between std::string_view, which our interfaces use, and the distinct absl::string_view of a
// distribution's abseil; and between text and numbers. Pure functions.
//
//   base::StrCat("cluster '", name_view, "' has ", 3, " hosts")
//   base::ParseInteger<uint32_t>("17")
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir::base {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

namespace internal {
template <class T>
decltype(auto) AsCatArgument(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(value);
  } else {
    return (value);
  }
}
}  // namespace internal

// absl::StrCat that also takes std::string_view.
template <class... Args>
std::string StrCat(const Args&... args) {
  return absl::StrCat(internal::AsCatArgument(args)...);
}
template <class... Args>
void StrAppend(std::string* out, const Args&... args) {
  absl::StrAppend(out, internal::AsCatArgument(args)...);
}

// The decimal number that all of `text` is; none when it is no number, or none that fits.
template <class Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  Integer number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace weir::base
