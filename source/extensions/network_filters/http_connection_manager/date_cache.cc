#include "source/extensions/network_filters/http_connection_manager/date_cache.h"

#include <ctime>

namespace weir::extensions::http_connection_manager {

std::string_view DateCache::At(int64_t wall_us) {
  const int64_t second = wall_us / 1'000'000;
  if (second != second_) {
    second_ = second;
    const time_t time = static_cast<time_t>(second);
    std::tm utc;
    gmtime_r(&time, &utc);
    size_ =
        static_cast<uint8_t>(std::strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &utc));
  }
  return std::string_view(text_, size_);
}

}  // namespace weir::extensions::http_connection_manager
