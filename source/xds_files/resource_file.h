// One file with resources of one type, as path_config_source names it: read, and its text turned
// into the DiscoveryResponse that a control plane would have sent.
//
// By the file's name: *.pb is the serialised message, *.pb_text protobuf's text format, everything
// else YAML or JSON. A fault inside one resource is that resource's alone; others make the whole
// file unusable. Thread-safe: no state. Internal to xds/.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/config/faults.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"

namespace weir::xds::files {

inline constexpr size_t kMaxResourceFileBytes = 64 * 1024 * 1024;

// Tells one content of a path from another without reading it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct FileContent {
  FileIdentity identity;
  std::string bytes;
};

// The errors name the path. kAborted: it is being written right now.
absl::StatusOr<FileIdentity> IdentifyFile(const std::string& path);
absl::StatusOr<FileContent> ReadResourceFile(const std::string& path);

struct ParsedFile {
  struct Place {
    int index = 0;            // in `resources`, and in the batch
    bool is_wrapped = false;  // in a Resource
    bool is_faulty = false;
  };

  explicit ParsedFile(const std::string& path) : faults(path) {}

  // Adds a fault of the resource `name`, or of "resources[2]": one line "field.path: what" each.
  void AddFault(const std::string& resource, std::string_view lines);

  // Null: nothing of the file can be used, `faults` says why.
  std::unique_ptr<envoy::service::discovery::v3::DiscoveryResponse> response;
  std::deque<envoy::service::discovery::v3::Resource> unwrapped;
  // All of `response`; views into it and `unwrapped`.
  Batch batch;
  // Those whose name can be read; of several of one name the last.
  absl::flat_hash_map<std::string, Place> places;
  config::Faults faults;
};

ParsedFile ParseResourceFile(const std::string& path, std::string_view bytes,
                             const ResourceType& type);

}  // namespace weir::xds::files
