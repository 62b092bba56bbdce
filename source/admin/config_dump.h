// What /config_dump shows: every resource this process was given, the version that serves, and why
// a newer one was refused. The main thread writes, the admin thread reads snapshots; nothing of the
// data path comes here.
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

enum class ResourceKind : uint8_t { kBootstrap, kListener, kCluster, kRoute, kEndpoint };

// One resource. Immutable once it is in the dump.
struct ResourceRecord {
  ResourceKind kind = ResourceKind::kCluster;
  std::string name;
  bool is_static = false;
  // The version that serves; body null when none was ever accepted.
  std::string version;
  std::shared_ptr<const google::protobuf::Any> body;
  int64_t updated_us = 0;              // wall time
  std::vector<config::Fault> ignored;  // fields accepted and not acted upon
  // The last version, if it was refused.
  std::string refused_version, refusal;
  std::shared_ptr<const google::protobuf::Any> refused_body;
  int64_t refused_us = 0;
};

class ConfigDump {
 public:
  // Takes the place of what there was of that kind and name, a refusal included.
  void Set(ResourceKind kind, std::string_view name, std::string_view version, bool is_static,
           const google::protobuf::Any& body, const config::Faults& faults);
  // What serves stays.
  void Refuse(ResourceKind kind, std::string_view name, std::string_view version,
              const google::protobuf::Any& body, std::string_view why);
  void Remove(ResourceKind kind, std::string_view name);

  // By kind, then name. Any thread.
  std::vector<std::shared_ptr<const ResourceRecord>> Snapshot() const;

 private:
  using Key = std::pair<ResourceKind, std::string>;

  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<const ResourceRecord>> records_;
};

}  // namespace weir::admin
