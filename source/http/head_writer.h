// Writes the heads of HTTP/1 messages from their parsed form, in one pass, into an output buffer.
//
// The last fence against header injection: a field whose value holds a control byte is left out,
// and bytes that cannot stand in a request line are percent-encoded, whatever a filter made of
// them. Framing, Connection, Upgrade and Host are written from the arguments only; fields of these
// names in the map are ignored. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/base/buffer.h"
#include "source/http/framing.h"
#include "source/http/message.h"

namespace weir::http {

// What Connection says.
enum class ConnectionField : uint8_t { kNone, kClose, kKeepAlive, kUpgrade };

// What is said about an upgrade: the protocol, with kUpgrade (or kClose: what a 426 asks for), and
// what a WebSocket client is to hear where the head does not say it (websocket.h).
struct UpgradeFields {
  std::string_view protocol = {};
  std::string_view websocket_accept = {};
};

// `websocket_key`: of our own, for a WebSocket whose head has none.
void WriteRequestHead(const RequestHead& head, const BodyFraming& framing, base::Buffer& output,
                      std::string_view websocket_key = {});
// `version`: the request's.
void WriteResponseHead(const ResponseHead& head, Version version, const BodyFraming& framing,
                       ConnectionField connection, const UpgradeFields& upgrade,
                       base::Buffer& output);
// A whole response with `connection: close`, for requests that got no further.
void WriteErrorReply(int status, std::string_view body, base::Buffer& output);

}  // namespace weir::http
