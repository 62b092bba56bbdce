// What a listener does with a connection before a filter chain is chosen: listener_filters and
// use_original_dst → ListenerConfig. Main thread.
#pragma once

#include <string_view>

#include "source/config/faults.h"
#include "source/filter/factory_context.h"
#include "source/server/listener_config.h"

namespace weir::server {

// Whether one of listener_filters is of a type whose name ends so.
bool HasListenerFilter(const envoy::config::listener::v3::Listener& proto,
                       std::string_view type_suffix);

void ParseListenerFilters(const envoy::config::listener::v3::Listener& proto,
                          const filter::FactoryContext& context, ListenerConfig& config,
                          config::Faults& faults);

}  // namespace weir::server
