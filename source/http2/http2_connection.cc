// Tested by test/http2/round_trip_test.cc.

#include "source/http2/http2_connection.h"

#include "source/http2/client_connection.h"
#include "source/http2/server_connection.h"

namespace weir::http2 {

std::unique_ptr<http::ServerConnection> CreateServer(http::ServerConnectionHandler& handler,
                                                     const Options& options, Stats& stats) {
  return std::make_unique<ServerConnection>(handler, options, stats);
}

std::unique_ptr<http::ClientConnection> CreateClient(http::ClientConnectionHandler& handler,
                                                     const Options& options, Stats& stats,
                                                     bool is_secure) {
  return std::make_unique<ClientConnection>(handler, options, stats, is_secure);
}

}  // namespace weir::http2
