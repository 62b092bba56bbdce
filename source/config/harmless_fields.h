// Fields of Envoy's API that dynamic configuration may hold although Weir does not implement them:
// ignoring one changes neither what is let through nor where it goes, only what is observed or how
// quickly. Any other such field refuses its resource. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

// `message` by full name, `field` in snake_case.
bool IsHarmlessField(std::string_view message, std::string_view field);

// All of them as "message.field", sorted.
const std::vector<std::string>& HarmlessFields();

}  // namespace weir::config
