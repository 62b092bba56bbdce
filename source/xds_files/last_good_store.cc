#include "source/xds_files/last_good_store.h"

#include <algorithm>
#include <utility>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/log.h"
#include "source/xds/nack_detail.h"
#include "source/xds_files/private_file.h"

namespace weir::xds::files {
namespace {

LastGoodStore::Record MakeRecord(const Resource& resource) {
  envoy::service::discovery::v3::Resource message;
  message.set_name(std::string(resource.name));
  message.set_version(std::string(resource.version.view()));
  *message.mutable_resource() = *resource.body;
  return std::make_shared<const std::string>(message.SerializeAsString());
}

}  // namespace

LastGoodStore::LastGoodStore(event::Loop& loop, FileThread& thread, Options options,
                             stats::Store& store)
    : loop_(loop),
      thread_(thread),
      options_(std::move(options)),
      stats_(store.AddGroup<LastGoodStats>("control_plane.last_good")),
      save_timer_(loop, [this] { BeginSaving(); }),
      self_(std::make_shared<LastGoodStore*>(this)) {
  stats().serving.Set(0);
  stats().resources.Set(0);
}

LastGoodStore::~LastGoodStore() {
  // A save that runs ends first: it must not come after this one.
  thread_.Finish();
  if (is_dirty_) Count(ReplacePrivateFile(options_.path, EncodeLastGood(Snapshot())));
}

bool LastGoodStore::Load() {
  const absl::StatusOr<std::string> bytes = ReadPrivateFile(options_.path, kMaxFileBytes);
  if (absl::IsNotFound(bytes.status())) {
    WEIR_LOG(kInfo, "xds", options_.path, ": there is no last good configuration yet");
    return true;
  }
  std::string fault(bytes.status().message());
  if (bytes.ok()) {
    const absl::StatusOr<LastGoodFile> file = DecodeLastGood(*bytes);
    if (!file.ok()) {
      fault = absl::StrCat(options_.path, ": ", file.status().message());
    } else if (file->node_id != options_.node_id || file->node_cluster != options_.node_cluster) {
      fault = absl::StrCat(options_.path, ": is of node \"", Printable(file->node_id, 256),
                           "\" of cluster \"", Printable(file->node_cluster, 256), "\"");
    } else {
      Take(*file);
    }
  }
  if (fault.empty()) return true;
  stats().load_refused.Add();
  WEIR_LOG(kError, "xds", fault, ": the last good configuration is not used");
  return false;
}

void LastGoodStore::Take(const LastGoodFile& file) {
  envoy::service::discovery::v3::Resource message;
  for (const LastGoodFile::Set& set : file.sets) {
    Entries& entries = sets_[set.name];
    for (const Record& record : set.records) {
      // Ours, as the checksum says; but whoever wrote it may have been another version.
      if (message.ParseFromString(*record)) entries[message.name()] = {record, true};
    }
    stats().resources.Add(static_cast<int64_t>(entries.size()));
  }
  WEIR_LOG(kInfo, "xds", options_.path, ": has ", stats().resources.value(),
           " resources of the last good configuration");
}

void LastGoodStore::Keep(const std::string& set, const Resource& resource) {
  if (is_frozen_) return;
  Record record = MakeRecord(resource);
  auto [place, is_new] = sets_[set].try_emplace(std::string(resource.name));
  if (is_new) stats().resources.Add();
  const bool is_same = place->second.record != nullptr && *place->second.record == *record;
  // The same may have come from the file: no longer.
  place->second.is_from_file = false;
  if (is_same) return;
  place->second.record = std::move(record);
  Touch();
}

void LastGoodStore::Drop(const std::string& set, std::string_view name) {
  const auto found = sets_.find(set);
  if (is_frozen_ || found == sets_.end()) return;
  const auto entry = found->second.find(name);
  if (entry == found->second.end()) return;
  found->second.erase(entry);
  stats().resources.Sub();
  Touch();
}

void LastGoodStore::KeepSet(const std::string& set) {
  if (!is_frozen_ && sets_.try_emplace(set).second) Touch();
}

std::vector<std::string> LastGoodStore::NamesFromFile(const std::string& set) const {
  std::vector<std::string> names;
  const auto found = sets_.find(set);
  if (found == sets_.end()) return names;
  for (const auto& [name, entry] : found->second) {
    if (entry.is_from_file) names.push_back(name);
  }
  return names;
}

LastGoodStore::Record LastGoodStore::FindFromFile(const std::string& set,
                                                  std::string_view name) const {
  const auto found = sets_.find(set);
  if (found == sets_.end()) return nullptr;
  const auto entry = found->second.find(name);
  const bool is_there = entry != found->second.end() && entry->second.is_from_file;
  return is_there ? entry->second.record : nullptr;
}

void LastGoodStore::CountServing(int change) {
  serving_.fetch_add(change, std::memory_order_relaxed);
  stats().serving.Set(is_serving() ? 1 : 0);
}

// Saving ------------------------------------------------------------------------------------------

void LastGoodStore::Touch() {
  is_dirty_ = true;
  if (is_saving_ || save_timer_.is_armed()) return;
  save_timer_.Arm(std::max(options_.save_after_ms, may_save_ms_ - loop_.now_ms()));
}

void LastGoodStore::Freeze() {
  if (std::exchange(is_frozen_, true)) return;
  save_timer_.Cancel();
  if (is_dirty_ && !is_saving_) BeginSaving();
}

void LastGoodStore::BeginSaving() {
  is_dirty_ = false;
  is_saving_ = true;
  may_save_ms_ = loop_.now_ms() + options_.save_interval_ms;
  auto self = std::weak_ptr<LastGoodStore*>(self_);
  thread_.Run([path = options_.path, snapshot = Snapshot(),
               self = std::move(self)]() mutable -> FileThread::Answer {
    const absl::Status status = ReplacePrivateFile(path, EncodeLastGood(snapshot));
    // Here and not on the loop, which has better things to do than to free what was replaced.
    snapshot = {};
    return [status, self = std::move(self)] {
      if (auto alive = self.lock()) (*alive)->OnSaved(status);
    };
  });
}

void LastGoodStore::OnSaved(const absl::Status& status) {
  is_saving_ = false;
  is_dirty_ |= !status.ok();
  Count(status);
  if (!is_dirty_) return;
  if (!is_frozen_) {
    Touch();
  } else if (status.ok()) {
    BeginSaving();
  }
}

void LastGoodStore::Count(const absl::Status& status) {
  if (status.ok()) {
    last_failure_.clear();
    stats().saved.Add();
    return;
  }
  stats().save_failed.Add();
  const std::string failure(status.message());
  if (std::exchange(last_failure_, failure) == failure) return;
  WEIR_LOG(kError, "xds", failure, ": the last good configuration is not saved");
}

LastGoodFile LastGoodStore::Snapshot() const {
  LastGoodFile file{options_.node_id, options_.node_cluster, {}};
  file.sets.reserve(sets_.size());
  for (const auto& [name, entries] : sets_) {
    LastGoodFile::Set& set = file.sets.emplace_back();
    set.name = name;
    set.records.reserve(entries.size());
    for (const auto& [_, entry] : entries) set.records.push_back(entry.record);
  }
  return file;
}

}  // namespace weir::xds::files
