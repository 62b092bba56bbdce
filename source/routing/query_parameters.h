// Parameters of a query string, "a=1&b=2". Nothing is percent-decoded, as in Envoy. Pure function.
#pragma once

#include <optional>
#include <string_view>

namespace weir::routing {

// The value of the first parameter of that name, empty where it has none ("a", "a="). `query` is
// what follows the '?'.
std::optional<std::string_view> FindQueryParameter(std::string_view query, std::string_view name);

}  // namespace weir::routing
