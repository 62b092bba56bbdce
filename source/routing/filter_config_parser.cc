// Tested by test/routing/route_parser_test.cc

#include "source/routing/filter_config_parser.h"

#include <map>

#include "source/base/strings.h"

namespace weir::routing {

FilterConfigMap ParseFilterConfigs(
    const google::protobuf::Map<std::string, google::protobuf::Any>& protos,
    const ParseContext& context, config::Faults& faults) {
  // By name, so that the faults come in the same order every time.
  std::map<std::string, const google::protobuf::Any*> sorted;
  for (const auto& [name, any] : protos) sorted.emplace(name, &any);
  FilterConfigMap out;
  for (const auto& [name, any] : sorted) {
    config::Faults::Scope scope(faults, base::StrCat("typed_per_filter_config[", name, "]"));
    auto filter_config = context.filter_config(name, *any, faults);
    if (filter_config != nullptr) out.emplace(name, std::move(filter_config));
  }
  return out;
}

}  // namespace weir::routing
