// prefix_rewrite and regex_rewrite, which forwarding and redirecting actions share. Main thread.
#pragma once

#include <memory>
#include <string>

#include "source/config/faults.h"
#include "source/routing/path_index.h"
#include "source/routing/path_rewrite.h"

namespace envoy::type::matcher::v3 {
class RegexMatchAndSubstitute;
}

namespace weir::routing {

// Null when there is neither: `prefix_rewrite` empty, `regex_rewrite` null.
std::shared_ptr<const PathRewrite> ParsePathRewrite(
    const std::string& prefix_rewrite,
    const envoy::type::matcher::v3::RegexMatchAndSubstitute* regex_rewrite,
    const PathPattern& pattern, config::Faults& faults);

}  // namespace weir::routing
