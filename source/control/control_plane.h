// The control plane as one object: watches a folder, keeps its last good snapshot, serves it.
// Loop's thread only; the loop outlives it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "source/control/control_options.h"
#include "source/control/discovery_service.h"
#include "source/control/resource_folder.h"
#include "source/control/snapshot.h"
#include "source/control/snapshot_builder.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"

namespace weir::control {

class ControlPlane {
 public:
  ControlPlane(event::Loop& loop, const ControlOptions& options);

  // Listens, watches, and loads the folder. A folder with faults is no error: clients wait until
  // it has none.
  absl::Status Start();
  // Reads the folder anew. Faults go to standard error, and what was served before stays.
  void Reload();

  // Where it listens.
  const std::string& address() const { return server_->address(); }
  const DiscoveryService& service() const { return service_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

 private:
  event::Loop& loop_;
  const ControlOptions options_;
  std::shared_ptr<const Snapshot> snapshot_;
  ResourceFolder folder_;
  DiscoveryService service_;
  std::unique_ptr<rpc::Server> server_;  // before the service goes, its streams have ended
};

// The folder's snapshot, or null. What is wrong or doubtful is printed to standard error, a line
// each.
std::shared_ptr<const Snapshot> LoadFolder(const std::string& directory, const Snapshot* previous);

}  // namespace weir::control
