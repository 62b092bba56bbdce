// What one connection of the load says and hears: exchanges of one protocol, bytes in and bytes
// out, no sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

// Exchanges that came to their end.
struct Ended {
  std::vector<uint64_t> began_ns;
  uint64_t bad_status = 0;
};

class Talk {
 public:
  virtual ~Talk() = default;

  // What the connection begins with.
  virtual void Open(std::string& /*output*/) {}
  virtual void Begin(uint64_t now_ns, std::string& output) = 0;
  // False when what came cannot be an answer.
  virtual bool Receive(std::string_view bytes, std::string& output, Ended& ended) = 0;
};

// GETs that are answered with a Content-Length.
std::unique_ptr<Talk> MakeHttp1Talk();
// The same over HTTP/2.
std::unique_ptr<Talk> MakeHttp2Talk();
// Unary calls of gRPC: a message of 128 bytes in a POST's body.
std::unique_ptr<Talk> MakeGrpcTalk();
// 64 bytes there and back.
std::unique_ptr<Talk> MakeTcpTalk();

}  // namespace weir::bench
