// Where secrets come from that are neither written in the configuration nor in files: SDS.
#pragma once

#include <string_view>

#include "source/config/faults.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}

namespace weir::tls {

// Main thread. The answers are calls of SecretManager::Deliver().
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  // Somebody uses the secret `name` from now on. False, with faults, when `source` cannot be used.
  virtual bool Subscribe(std::string_view name, const envoy::config::core::v3::ConfigSource& source,
                         config::Faults& faults) = 0;
  // Nobody uses it any more.
  virtual void Unsubscribe(std::string_view name) = 0;
};

}  // namespace weir::tls
