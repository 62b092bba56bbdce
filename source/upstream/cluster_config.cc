// Tested by test/clusters/cluster_parser_test.cc
#include "source/upstream/cluster_config.h"

#include "source/base/value_pool.h"

namespace weir::upstream {

std::shared_ptr<const ClusterOptions> ClusterOptions::Share(ClusterOptions options) {
  static auto* const pool = new base::ValuePool<ClusterOptions>();
  return pool->Share(std::move(options));
}

const std::shared_ptr<const ClusterOptions>& ClusterOptions::Default() {
  static const auto* const options = new std::shared_ptr<const ClusterOptions>(Share({}));
  return *options;
}

}  // namespace weir::upstream
