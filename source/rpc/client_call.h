// The client's end of a streaming call. Internal to rpc/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "source/rpc/stream_call.h"

namespace grpc {
class Channel;
}

namespace weir::rpc {

// Starts a call of `method` on `channel`. The stream keeps `thread` running.
std::unique_ptr<BidiStream> StartClientCall(event::Loop& loop,
                                            std::shared_ptr<CompletionThread> thread,
                                            const std::shared_ptr<grpc::Channel>& channel,
                                            std::string_view method, const Metadata& metadata,
                                            BidiStreamHandler& handler);

}  // namespace weir::rpc
