// typed_per_filter_config of tables, virtual hosts, routes and weighted clusters. Main thread.
#pragma once

#include <string>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/map.h"
#include "source/routing/route_parser.h"

namespace weir::routing {

FilterConfigMap ParseFilterConfigs(
    const google::protobuf::Map<std::string, google::protobuf::Any>& protos,
    const ParseContext& context, config::Faults& faults);

}  // namespace weir::routing
