// The bootstrap: read from file and command line, checked whole, with every fault told at once.
#pragma once

#include <memory>
#include <string>

#include "source/config/faults.h"
#include "source/server/options.h"

namespace envoy::config::bootstrap::v3 {
class Bootstrap;
}

namespace weir::server {

// Null when there is nothing to go on with. Otherwise faults have left their fields unset: what has
// none can still be looked at, so that all are told at once, but nothing of it may serve. The
// node's id and cluster are those of the options when these have some; its user agent says who we
// are.
std::unique_ptr<envoy::config::bootstrap::v3::Bootstrap> LoadBootstrap(const Options& options,
                                                                       config::Faults& faults);

// "weir" and the version, as --version, /server_info and the node say it.
std::string VersionText();

}  // namespace weir::server
