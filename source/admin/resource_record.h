// What is known of one resource, as /config_dump and CSDS show it: which version serves, and why
// there is no newer one, or none at all.
//
// Built by ConfigDump and immutable from then on, hence for any thread. A cluster has two, so one
// is 40 bytes and a text of its name and its definition; what few have is apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "source/base/shared_text.h"
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

class ResourceRecord {
 public:
  // Asked for, without an answer.
  ResourceRecord(ResourceKind kind, std::string_view name);
  ResourceRecord(const ResourceRecord& other);
  ResourceRecord& operator=(const ResourceRecord&) = delete;

  ResourceKind kind() const { return kind_; }
  std::string_view name() const { return text_.view().substr(0, name_bytes_); }
  bool is_static() const { return is_static_; }
  ResourceStatus status() const { return status_; }

  // The newest version that was accepted, if one ever was.
  bool has_body() const { return has_body_; }
  google::protobuf::Any body() const;
  std::string_view version() const { return version_.view(); }
  int64_t updated_us() const { return updated_us_; }  // wall time
  // Its fields that were accepted and are not acted upon.
  const std::vector<config::Fault>& ignored() const { return remarks().ignored; }

  // With any status but kRequested and kAcked.
  const ResourceFailure& failure() const { return remarks().failure; }

  // While it is built. Accepted: `body` is of the kind's type; no failure any more.
  void Accept(const google::protobuf::Any& body, base::SharedText version, bool is_static,
              int64_t now_us, const std::vector<config::Fault>& ignored);
  // There is nothing newer than what there is.
  void Fail(ResourceStatus status, ResourceFailure failure);

 private:
  // What few have.
  struct Remarks {
    std::vector<config::Fault> ignored;
    ResourceFailure failure;
  };

  const Remarks& remarks() const;

  const ResourceKind kind_;
  bool is_static_ = false;
  bool has_body_ = false;
  ResourceStatus status_ = ResourceStatus::kRequested;
  uint32_t name_bytes_;
  base::SharedText text_;  // the name, and behind it the body without its type
  base::SharedText version_;
  int64_t updated_us_ = 0;
  std::unique_ptr<Remarks> remarks_;  // null: none
};

static_assert(sizeof(ResourceRecord) <= 40);

}  // namespace weir::admin
