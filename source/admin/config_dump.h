// What /config_dump and CSDS show: every resource this process was given or asked for, the version
// that serves, and why there is no newer one, or none at all. The main thread writes, others read
// snapshots; nothing of the data path comes here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "source/config/faults.h"

namespace weir::admin {

enum class ResourceKind : uint8_t { kBootstrap, kListener, kCluster, kRoute, kEndpoint, kSecret };

// Of the messages of that kind: "type.googleapis.com/envoy.config.cluster.v3.Cluster".
std::string_view TypeUrlOf(ResourceKind kind);

// What became of a resource. The numbers are those of envoy.admin.v3.ClientResourceStatus.
enum class ResourceStatus : uint8_t {
  kRequested = 1,      // asked for, no answer yet
  kDoesNotExist = 2,   // the control plane has none of that name
  kAcked = 3,          // the newest is in use
  kNacked = 4,         // the newest was refused
  kReceivedError = 5,  // the control plane answered with an error
  kTimeout = 6,        // no answer in time
};

// Why there is nothing newer.
struct ResourceFailure {
  std::string version;                                // that was refused
  std::shared_ptr<const google::protobuf::Any> body;  // that was refused; null: none came
  std::string details;
  int64_t at_us = 0;  // wall time
};

// One resource. Immutable once it is in the dump.
struct ResourceRecord {
  ResourceKind kind = ResourceKind::kCluster;
  std::string name;
  bool is_static = false;
  ResourceStatus status = ResourceStatus::kRequested;
  // The newest version that was accepted; body null when none ever was.
  std::string version;
  std::shared_ptr<const google::protobuf::Any> body;
  int64_t updated_us = 0;              // wall time
  std::vector<config::Fault> ignored;  // fields accepted and not acted upon
  ResourceFailure failure;             // with any status but kRequested and kAcked
};

class ConfigDump {
 public:
  // Accepted: takes the place of what there was of that kind and name, a failure included. Of
  // secrets and of the bootstrap no key is kept.
  void Set(ResourceKind kind, std::string_view name, std::string_view version, bool is_static,
           const google::protobuf::Any& body, const config::Faults& faults);
  // What serves stays.
  void Refuse(ResourceKind kind, std::string_view name, std::string_view version,
              const google::protobuf::Any& body, std::string_view why);
  // Asked for by name. Changes nothing where some version serves.
  void Request(ResourceKind kind, std::string_view name);
  // Asked for, and there is none: kDoesNotExist, kReceivedError or kTimeout. What serves stays, for
  // who keeps it; Remove() comes first where it does not.
  void SetAbsent(ResourceKind kind, std::string_view name, ResourceStatus status,
                 std::string_view why = {});
  // Neither in use nor asked for any more.
  void Remove(ResourceKind kind, std::string_view name);

  using Records = std::vector<std::shared_ptr<const ResourceRecord>>;
  // By kind, then name. Any thread. Each record is whole, but the main thread may change others
  // meanwhile: it never waits for more than kSliceSize of them.
  Records Snapshot() const;

  static constexpr size_t kSliceSize = 256;

 private:
  using Key = std::pair<ResourceKind, std::string>;
  using Record = std::shared_ptr<const ResourceRecord>;

  // A copy of what there is of that name, or a new one.
  std::shared_ptr<ResourceRecord> CopyLocked(const Key& key) const;

  mutable std::mutex mutex_;
  std::map<Key, Record> records_;
};

}  // namespace weir::admin
