// What the sinks of all types do with one resource: unpack it, apply it, and say in the dump what
// became of it. Main thread.
#pragma once

#include <string>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/config/load.h"
#include "source/discovery/discovery_types.h"
#include "source/xds/subscription.h"

namespace weir::discovery {

// For the dump and, when it was not taken, `refusals`.
inline void NoteResource(const xds::Resource& resource, admin::ResourceKind kind, bool is_taken,
                         const config::Faults& faults, admin::ConfigDump& dump,
                         std::vector<xds::Refusal>& refusals) {
  if (is_taken) {
    dump.Set(kind, resource.name, resource.version, false, *resource.body, faults);
    return;
  }
  refusals.push_back({std::string(resource.name), FaultLines(faults)});
  dump.Refuse(kind, resource.name, resource.version.view(), *resource.body, refusals.back().text);
}

// `apply(message, faults)` says whether it was taken. What is refused is added to `refusals`.
template <class Message, class Apply>
void TakeResource(const xds::Resource& resource, admin::ResourceKind kind, admin::ConfigDump& dump,
                  std::vector<xds::Refusal>& refusals, Apply&& apply) {
  config::Faults faults;
  Message proto;
  const bool is_taken = config::Unpack(*resource.body, proto, faults) && apply(proto, faults);
  NoteResource(resource, kind, is_taken, faults, dump, refusals);
}

}  // namespace weir::discovery
