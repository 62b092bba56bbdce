// Feeds one byte string to an HTTP/1 server codec whole and in pieces: whatever the bytes are, the
// codec survives, and both ways it reports the same requests and writes the same answers.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

Http1ServerOptions OptionsFrom(uint8_t byte) {
  Http1ServerOptions options;
  options.accept_http_10 = (byte & 1) != 0;
  options.enable_trailers = (byte & 2) != 0;
  options.underscores = static_cast<UnderscoreAction>((byte >> 2) % 3);
  // Small, so that short inputs reach them.
  options.limits.max_head_bytes = 512;
  options.limits.max_headers = 10;
  options.limits.max_uri_bytes = 64;
  options.limits.max_trailer_bytes = 64;
  options.limits.max_trailers = 3;
  options.limits.max_chunk_overhead_bytes = 64;
  return options;
}

// Accepts every upgrade, so that tunnels are fuzzed, too.
void AcceptUpgrades(ServerHarness& server) {
  server.on_head = [](SeenRequest& request) {
    const bool is_connect = request.method == "CONNECT";
    if (request.upgrade.empty() && !is_connect) return;
    base::Arena arena;
    ResponseHead head(arena);
    head.status = is_connect ? 200 : 101;
    request.stream->SendHead(head, false);
  };
}

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace
}  // namespace weir::http

// What the harness expects of every codec aborts here, too.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  GTEST_FLAG_SET(break_on_failure, true);
  return 0;
}

// The first byte chooses options, the second the pieces, the rest is what a client sends.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::http;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  ServerHarness whole(OptionsFrom(data[0]));
  AcceptUpgrades(whole);
  whole.Receive(bytes);
  ServerHarness split(OptionsFrom(data[0]));
  AcceptUpgrades(split);
  uint32_t random = data[1];
  for (size_t at = 0; at < bytes.size();) {
    random = random * 1664525 + 1013904223;
    const size_t step = 1 + (random >> 24) % (data[1] % 32 + 1);
    split.Receive(bytes.substr(at, step));
    at += step;
  }
  Require(split.Summary() == whole.Summary(), "the split decides what is seen");
  Require(split.TakeOutput() == whole.TakeOutput(), "the split decides what is answered");
  whole.ReceiveEnd();
  split.ReceiveEnd();
  Require(split.Summary() == whole.Summary(), "the split decides how it ends");
  for (const auto& request : whole.requests) {
    Require(request->done || !whole.done, "a stream outlives its connection");
  }
  return 0;
}
