// Where secrets come from that are neither written in the configuration nor in files: SDS. Its
// answers are calls of SecretManager::Deliver() and GiveUp(). Main thread.
#pragma once

#include <string>

#include "source/config/faults.h"
#include "source/xds/resource_origin.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}

namespace weir::tls {

class SecretSource {
 public:
  virtual ~SecretSource() = default;
  // What an sds_config means; null exactly when faults were added. Lives as long as the source.
  virtual const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                             config::Faults& faults) = 0;
  // Each use of a name is begun and ended once; the first asks for it.
  virtual void BeginUse(const xds::ResourceOrigin& origin, const std::string& name) = 0;
  virtual void EndUse(const xds::ResourceOrigin& origin, const std::string& name) = 0;
};

}  // namespace weir::tls
