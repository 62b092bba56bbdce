// "Did you mean": the known name nearest to what somebody typed. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

// Edits (insert, delete, replace, swap of neighbours) between the two, at most `limit` + 1.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit);

// The nearest of `known`, or "" when none is near: at most one edit for each three characters.
std::string_view Nearest(std::string_view typed, const std::vector<std::string_view>& known);

// " (did you mean `x`?)", or "" when nothing is near.
std::string DidYouMean(std::string_view typed, const std::vector<std::string_view>& known);

// `text` in quotes for a message: escaped, and cut when it is long.
std::string Quote(std::string_view text);

}  // namespace weir::config
