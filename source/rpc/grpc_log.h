// gRPC's own log lines as lines of ours, component "rpc", at levels one lower: what gRPC calls an
// error is to us a connection that did not come about, and is reported by whoever wanted it.
#pragma once

namespace weir::rpc {

// Any thread, any number of times.
void RouteGrpcLog();

}  // namespace weir::rpc
