// envoy.config.core.v3.Http2ProtocolOptions → Options, for clusters and connection managers alike.
// Main thread.
#pragma once

#include "source/config/faults.h"
#include "source/http2/http2_options.h"

namespace envoy::config::core::v3 {
class Http2ProtocolOptions;
}

namespace weir::http2 {

// What `proto` leaves out stays as it is in `options`; allow_connect is off then. Faults are
// relative to the message.
void ParseOptions(const envoy::config::core::v3::Http2ProtocolOptions& proto, Options& options,
                  config::Faults& faults);

}  // namespace weir::http2
