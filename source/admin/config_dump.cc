#include "source/admin/config_dump.h"

#include <sched.h>

#include "source/base/check.h"
#include "source/base/clock.h"
#include "source/config/redaction.h"

namespace weir::admin {

namespace {

using Body = std::shared_ptr<const google::protobuf::Any>;

// Other kinds may hold keys too: who shows them takes those out then, off the main thread.
Body Keep(ResourceKind kind, const google::protobuf::Any& body) {
  auto kept = std::make_shared<google::protobuf::Any>(body);
  if (kind == ResourceKind::kSecret || kind == ResourceKind::kBootstrap) config::Redact(*kept);
  return kept;
}

int64_t Now() { return base::Clock::System().WallUs(); }

}  // namespace

std::string_view TypeUrlOf(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::kBootstrap:
      return "type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap";
    case ResourceKind::kListener:
      return "type.googleapis.com/envoy.config.listener.v3.Listener";
    case ResourceKind::kCluster:
      return "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    case ResourceKind::kRoute:
      return "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
    case ResourceKind::kEndpoint:
      return "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    case ResourceKind::kSecret:
      return "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  }
  return "";
}

std::shared_ptr<ResourceRecord> ConfigDump::CopyLocked(const Key& key) const {
  const auto found = records_.find(key);
  if (found != records_.end()) return std::make_shared<ResourceRecord>(*found->second);
  auto record = std::make_shared<ResourceRecord>();
  record->kind = key.first;
  record->name = key.second;
  return record;
}

void ConfigDump::Set(ResourceKind kind, std::string_view name, std::string_view version,
                     bool is_static, const google::protobuf::Any& body,
                     const config::Faults& faults) {
  auto record = std::make_shared<ResourceRecord>();
  record->kind = kind;
  record->name = std::string(name);
  record->is_static = is_static;
  record->status = ResourceStatus::kAcked;
  record->version = std::string(version);
  record->body = Keep(kind, body);
  record->updated_us = Now();
  record->ignored = faults.ignored();
  const Key key(kind, record->name);
  std::lock_guard<std::mutex> lock(mutex_);
  records_[key] = std::move(record);
}

void ConfigDump::Refuse(ResourceKind kind, std::string_view name, std::string_view version,
                        const google::protobuf::Any& body, std::string_view why) {
  ResourceFailure failure{std::string(version), Keep(kind, body), std::string(why), Now()};
  const Key key(kind, name);
  std::lock_guard<std::mutex> lock(mutex_);
  auto record = CopyLocked(key);
  record->status = ResourceStatus::kNacked;
  record->failure = std::move(failure);
  records_[key] = std::move(record);
}

void ConfigDump::Request(ResourceKind kind, std::string_view name) {
  const Key key(kind, name);
  std::lock_guard<std::mutex> lock(mutex_);
  auto record = CopyLocked(key);
  if (record->body != nullptr) return;
  record->status = ResourceStatus::kRequested;
  record->failure = {};
  records_[key] = std::move(record);
}

void ConfigDump::SetAbsent(ResourceKind kind, std::string_view name, ResourceStatus status,
                           std::string_view why) {
  WEIR_CHECK(status == ResourceStatus::kDoesNotExist || status == ResourceStatus::kReceivedError ||
             status == ResourceStatus::kTimeout);
  ResourceFailure failure{{}, nullptr, std::string(why), Now()};
  const Key key(kind, name);
  std::lock_guard<std::mutex> lock(mutex_);
  auto record = CopyLocked(key);
  record->status = status;
  record->failure = std::move(failure);
  records_[key] = std::move(record);
}

void ConfigDump::Remove(ResourceKind kind, std::string_view name) {
  const Key key(kind, name);
  std::lock_guard<std::mutex> lock(mutex_);
  records_.erase(key);
}

ConfigDump::Records ConfigDump::Snapshot() const {
  Records records;
  while (true) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      // The last one that was copied may be gone by now: go on behind where it was.
      auto next = records.empty()
                      ? records_.begin()
                      : records_.upper_bound(Key(records.back()->kind, records.back()->name));
      for (size_t i = 0; i < kSliceSize && next != records_.end(); ++i, ++next) {
        records.push_back(next->second);
      }
      if (next == records_.end()) return records;
    }
    // A mutex is not fair: give who waits for it its turn.
    sched_yield();
  }
}

}  // namespace weir::admin
