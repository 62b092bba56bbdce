// RetryPolicy of routes and virtual hosts. Main thread.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/config/faults.h"
#include "source/routing/route.h"

namespace envoy::config::route::v3 {
class RetryPolicy;
}

namespace weir::routing {

RetryPolicy ParseRetryPolicy(const envoy::config::route::v3::RetryPolicy& proto,
                             config::Faults& faults);

// Bits of RetryOn for names with commas between them, as in retry_on and x-envoy-retry-on.
// `on_other` hears of the names that stand for no bit, and whether Envoy knows them.
uint32_t ParseRetryOn(std::string_view names,
                      absl::FunctionRef<void(std::string_view name, bool is_envoys)> on_other);

}  // namespace weir::routing
