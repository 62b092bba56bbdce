// Tested by test/clusters/health_checks_test.cc
#include "source/health/checked_cluster.h"

#include "absl/status/statusor.h"

namespace weir::health {

void CountChecks(stats::Store& store, const std::string& prefix,
                 const std::vector<stats::Tag>& tags, CheckedCluster& cluster) {
  cluster.stats = store.AddGroup<CheckStats>(prefix + ".health_check", tags);
  if (cluster.config->uses_http2) {
    cluster.http2_stats = store.AddGroup<http2::Stats>(prefix + ".http2", tags);
  }
}

absl::Status OpenEventLog(base::LineWriter* writer, CheckedCluster& cluster) {
  const std::string& path = cluster.config->event_log_path;
  if (path.empty()) return absl::OkStatus();
  if (writer == nullptr) return absl::UnavailableError("there is nothing that writes logs");
  absl::StatusOr<std::shared_ptr<base::LineFile>> file = writer->Open(path);
  if (!file.ok()) return file.status();
  cluster.events = std::make_shared<CheckEventLog>(*std::move(file));
  return absl::OkStatus();
}

}  // namespace weir::health
