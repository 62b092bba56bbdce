// What a listener's own access log (Listener.access_log) says of connections that no filter chain
// got. Those that one got are described by ActiveConnection; as in Envoy, each is one record, when
// it is gone. Connections over the process's limit are only counted. Worker's thread.
#pragma once

#include <cstdint>

#include "source/event/loop.h"
#include "source/server/listener_config.h"

namespace weir::server {

enum class Refusal : uint8_t {
  kListenerFilter,         // one closed it, or the peer went away meanwhile
  kListenerFilterTimeout,  // they took too long
  kNoFilterChain,          // none matched
  kListenerEnded,          // cut before it was decided
};

// From when the connection was accepted until now.
void SetLifetime(const event::Loop& loop, int64_t accepted_ns, filter::StreamInfo& info);

void LogRefused(const ListenerConfig& config, const event::Loop& loop,
                const filter::AcceptedSocket& socket, Refusal why);

}  // namespace weir::server
