// What the sinks of all types do with one resource: unpack it, apply it, and say in the dump what
// became of it. Main thread.
#pragma once

#include <string>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/config/load.h"
#include "source/server/discovery_types.h"
#include "source/xds/subscription.h"

namespace weir::server {

// `apply(message, faults)` says whether it was taken. What is refused is added to `refusals`.
template <class Message, class Apply>
void TakeResource(const xds::Resource& resource, admin::ResourceKind kind, admin::ConfigDump& dump,
                  std::vector<xds::Refusal>& refusals, Apply&& apply) {
  config::Faults faults;
  Message proto;
  if (config::Unpack(*resource.body, proto, faults) && apply(proto, faults)) {
    dump.Set(kind, resource.name, resource.version, false, *resource.body, faults);
    return;
  }
  refusals.push_back({std::string(resource.name), FaultLines(faults)});
  dump.Refuse(kind, resource.name, resource.version, *resource.body, refusals.back().text);
}

}  // namespace weir::server
