#include "source/admin/config_dump.h"

#include <sched.h>

#include <string>
#include <utility>

#include "source/base/check.h"
#include "source/base/clock.h"
#include "source/config/redaction.h"

namespace weir::admin {

namespace {

// Other kinds may hold keys too: who shows them takes those out then, off the main thread.
bool HoldsKeys(ResourceKind kind) {
  return kind == ResourceKind::kSecret || kind == ResourceKind::kBootstrap;
}

int64_t Now() { return base::Clock::System().WallUs(); }

}  // namespace

std::shared_ptr<ResourceRecord> ConfigDump::CopyLocked(const Key& key) const {
  const auto found = records_.find(key);
  if (found != records_.end()) return std::make_shared<ResourceRecord>(**found);
  return std::make_shared<ResourceRecord>(key.first, key.second);
}

void ConfigDump::PutLocked(Record record) {
  const auto place = records_.lower_bound(KeyOf(record));
  const bool is_new = place == records_.end() || KeyOf(*place) != KeyOf(record);
  records_.insert(is_new ? place : records_.erase(place), std::move(record));
}

void ConfigDump::Set(ResourceKind kind, std::string_view name, base::SharedText version,
                     bool is_static, const google::protobuf::Any& body,
                     const config::Faults& faults) {
  google::protobuf::Any redacted;
  if (HoldsKeys(kind)) {
    redacted = body;
    config::Redact(redacted);
  }
  auto record = std::make_shared<ResourceRecord>(kind, name);
  record->Accept(HoldsKeys(kind) ? redacted : body, std::move(version), is_static, Now(),
                 faults.ignored());
  std::lock_guard<std::mutex> lock(mutex_);
  PutLocked(std::move(record));
}

void ConfigDump::Refuse(ResourceKind kind, std::string_view name, std::string_view version,
                        const google::protobuf::Any& body, std::string_view why) {
  auto kept = std::make_shared<google::protobuf::Any>(body);
  if (HoldsKeys(kind)) config::Redact(*kept);
  ResourceFailure failure{std::string(version), std::move(kept), std::string(why), Now()};
  std::lock_guard<std::mutex> lock(mutex_);
  auto record = CopyLocked({kind, name});
  record->Fail(ResourceStatus::kNacked, std::move(failure));
  PutLocked(std::move(record));
}

void ConfigDump::Request(ResourceKind kind, std::string_view name) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = records_.find(Key(kind, name));
  if (found != records_.end() && (*found)->has_body()) return;
  PutLocked(std::make_shared<ResourceRecord>(kind, name));
}

void ConfigDump::SetAbsent(ResourceKind kind, std::string_view name, ResourceStatus status,
                           std::string_view why) {
  WEIR_CHECK(status == ResourceStatus::kDoesNotExist || status == ResourceStatus::kReceivedError ||
             status == ResourceStatus::kTimeout);
  std::lock_guard<std::mutex> lock(mutex_);
  auto record = CopyLocked({kind, name});
  record->Fail(status, {{}, nullptr, std::string(why), Now()});
  PutLocked(std::move(record));
}

void ConfigDump::Remove(ResourceKind kind, std::string_view name) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = records_.find(Key(kind, name));
  if (found != records_.end()) records_.erase(found);
}

ConfigDump::Records ConfigDump::Snapshot() const {
  Records records;
  while (true) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      // The last one that was copied may be gone by now: go on behind where it was.
      auto next = records.empty() ? records_.begin() : records_.upper_bound(KeyOf(records.back()));
      for (size_t i = 0; i < kSliceSize && next != records_.end(); ++i, ++next) {
        records.push_back(*next);
      }
      if (next == records_.end()) return records;
    }
    // A mutex is not fair: give who waits for it its turn.
    sched_yield();
  }
}

}  // namespace weir::admin
