// Tested by test/clusters/http_options_parser_test.cc
#include "source/upstream/http_config.h"

#include "source/base/value_pool.h"

namespace weir::upstream {

const HttpConfig& HttpConfig::Default() {
  static const auto* const config = new HttpConfig();
  return *config;
}

std::shared_ptr<const HttpConfig> HttpConfig::Share(HttpConfig config) {
  static auto* const pool = new base::ValuePool<HttpConfig>();
  return pool->Share(std::move(config));
}

}  // namespace weir::upstream
