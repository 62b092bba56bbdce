// Tested by test/routing/request_matcher_test.cc

#include "source/routing/query_parameters.h"

#include <algorithm>

namespace weir::routing {

std::optional<std::string_view> FindQueryParameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const size_t equals = parameter.find('=');
    if (parameter.substr(0, equals) != name) continue;
    if (equals == std::string_view::npos) return std::string_view();
    return parameter.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace weir::routing
