#include "source/admin/config_dump.h"

#include "source/base/clock.h"

namespace weir::admin {

void ConfigDump::Set(ResourceKind kind, std::string_view name, std::string_view version,
                     bool is_static, const google::protobuf::Any& body,
                     const config::Faults& faults) {
  auto record = std::make_shared<ResourceRecord>();
  record->kind = kind;
  record->name = std::string(name);
  record->is_static = is_static;
  record->version = std::string(version);
  record->body = std::make_shared<const google::protobuf::Any>(body);
  record->updated_us = base::Clock::System().WallUs();
  record->ignored = faults.ignored();
  std::lock_guard<std::mutex> lock(mutex_);
  records_[Key(kind, record->name)] = record;
}

void ConfigDump::Refuse(ResourceKind kind, std::string_view name, std::string_view version,
                        const google::protobuf::Any& body, std::string_view why) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<const ResourceRecord>& entry = records_[Key(kind, std::string(name))];
  auto record = entry == nullptr ? std::make_shared<ResourceRecord>()
                                 : std::make_shared<ResourceRecord>(*entry);
  record->kind = kind;
  record->name = std::string(name);
  record->refused_version = std::string(version);
  record->refusal = std::string(why);
  record->refused_body = std::make_shared<const google::protobuf::Any>(body);
  record->refused_us = base::Clock::System().WallUs();
  entry = std::move(record);
}

void ConfigDump::Remove(ResourceKind kind, std::string_view name) {
  std::lock_guard<std::mutex> lock(mutex_);
  records_.erase(Key(kind, std::string(name)));
}

std::vector<std::shared_ptr<const ResourceRecord>> ConfigDump::Snapshot() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::shared_ptr<const ResourceRecord>> records;
  records.reserve(records_.size());
  for (const auto& [key, record] : records_) records.push_back(record);
  return records;
}

}  // namespace weir::admin
