// Tested by test/http/http1_server_test.cc and test/http/http1_client_test.cc
// While one lives, callbacks of a stream's handler are running: whatever they do to the stream, it
// goes away only once the last of them has returned.
#pragma once

#include <cstdint>

namespace weir::http {

class CallbackScope {
 public:
  explicit CallbackScope(uint8_t& depth) : depth_(depth) { ++depth_; }
  ~CallbackScope() { --depth_; }
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

 private:
  uint8_t& depth_;
};

}  // namespace weir::http
