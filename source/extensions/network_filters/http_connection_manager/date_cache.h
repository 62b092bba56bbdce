// The Date field's value (RFC 9110 §6.6.1), formatted once a second. One a worker.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::extensions::http_connection_manager {

class DateCache {
 public:
  // `wall_us`: microseconds since the epoch. The view holds until the next call.
  std::string_view At(int64_t wall_us);

 private:
  int64_t second_ = -1;
  char text_[32];
  uint8_t size_ = 0;
};

}  // namespace weir::extensions::http_connection_manager
