#include "source/xds/resource_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "source/base/strings.h"
#include "source/xds/nack_detail.h"
#include "source/xds/resource_name.h"

namespace weir::xds {
namespace {

using google::protobuf::Any;

uint64_t HashOf(const Any& body) {
  return absl::HashOf(absl::string_view(body.value().data(), body.value().size()));
}

bool HasAlias(const Received& received, std::string_view name) {
  if (received.aliases == nullptr) return false;
  return std::find(received.aliases->begin(), received.aliases->end(), name) !=
         received.aliases->end();
}

// None: for ever. Rounded up, and bounded so that it can be added to a time.
std::optional<int64_t> TtlMs(const google::protobuf::Duration* ttl) {
  if (ttl == nullptr) return std::nullopt;
  const int64_t seconds = std::min<int64_t>(ttl->seconds(), int64_t{1} << 40);
  return seconds * 1000 + (ttl->nanos() + 999'999) / 1'000'000;
}

// What is wrong with the terms it comes on; empty: nothing.
std::string FaultIn(const Received& received) {
  if (received.version.size() > kMaxVersionBytes) {
    return absl::StrCat("version: has ", received.version.size(), " bytes, at most ",
                        kMaxVersionBytes, " are allowed");
  }
  const auto* ttl = received.ttl;
  const bool is_positive = ttl == nullptr || (ttl->seconds() >= 0 && ttl->nanos() >= 0 &&
                                              (ttl->seconds() > 0 || ttl->nanos() > 0));
  return is_positive ? "" : "ttl: must be above 0";
}

// What the resource is called, by its wrapper and by itself; empty when nothing says.
absl::StatusOr<std::string_view> NameOf(const Received& received, int name_field) {
  if (name_field == 0 || received.body == nullptr) return received.name;
  absl::StatusOr<std::string_view> own = FindName(received.body->value(), name_field);
  if (!own.ok() || received.name.empty() || *own == received.name) return own;
  if (HasAlias(received, *own)) return received.name;
  return absl::InvalidArgumentError(base::StrCat("calls itself \"", Printable(*own, 256),
                                                 "\", but the response calls it \"",
                                                 Printable(received.name, 256), "\""));
}

}  // namespace

bool ResourceTable::WantAll() { return !std::exchange(wants_all_, true); }

bool ResourceTable::Want(std::string_view name, int64_t fetch_timeout_ms) {
  Entry& entry = entries_.try_emplace(std::string(name)).first->second;
  if (entry.is_wanted) return false;
  entry.is_wanted = true;
  entry.asked_in = 0;
  may_have_unasked_ = true;
  entry.fetch_timeout_ms = fetch_timeout_ms;
  ++wanted_count_;
  return true;
}

bool ResourceTable::Forget(std::string_view name) {
  auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.is_wanted) return false;
  --wanted_count_;
  found->second.is_wanted = false;
  if (wants_all_) return true;
  expiries_.Clear(name);
  entries_.erase(found);
  return true;
}

void ResourceTable::AppendNames(google::protobuf::RepeatedPtrField<std::string>& names) const {
  names.Reserve(static_cast<int>(names.size() + wanted_count_));
  for (const auto& [name, entry] : entries_) {
    if (entry.is_wanted) *names.Add() = name;
  }
}

std::map<int64_t, std::vector<std::string>> ResourceTable::TakeUnasked(uint32_t ask) {
  std::map<int64_t, std::vector<std::string>> unasked;
  // An answer to a response that changed one of ten thousand does not look at all of them.
  if (!std::exchange(may_have_unasked_, false)) return unasked;
  for (auto& [name, entry] : entries_) {
    if (!entry.is_wanted || entry.is_answered || entry.asked_in != 0) continue;
    entry.asked_in = ask;
    unasked[entry.fetch_timeout_ms].push_back(name);
  }
  return unasked;
}

void ResourceTable::ForgetAsked() {
  for (auto& [name, entry] : entries_) entry.asked_in = 0;
  may_have_unasked_ = true;
}

std::vector<std::string> ResourceTable::GiveUp(const std::vector<std::string>& names,
                                               uint32_t ask) {
  std::vector<std::string> unanswered;
  for (const std::string& name : names) {
    auto found = entries_.find(name);
    if (found == entries_.end() || found->second.is_answered) continue;
    if (found->second.asked_in != ask) continue;  // let go of and wanted anew meanwhile
    found->second.is_answered = true;
    unanswered.push_back(name);
  }
  return unanswered;
}

void ResourceTable::AppendVersions(
    uint32_t server, google::protobuf::Map<std::string, std::string>& versions) const {
  for (const auto& [name, entry] : entries_) {
    if (!entry.is_live) continue;
    const bool is_of_server = entry.server == server;
    if (is_of_server || !entry.is_wanted) versions[name] = is_of_server ? entry.version : "";
  }
}

void ResourceTable::Sort(const Batch& batch, Intake& intake) {
  ++round_;
  intake.server = batch.server;
  intake.received_ms = batch.now_ms;
  std::vector<Found> found;
  found.reserve(batch.resources.size() + batch.removed.size());
  bool all_named = true;
  for (size_t i = 0; i < batch.resources.size(); ++i) {
    all_named &= Find(batch.resources[i], i, found, intake);
  }
  for (const std::string_view name : batch.removed) {
    const auto entry = entries_.find(name);
    if (entry != entries_.end()) Note({entry, name, nullptr}, found);
  }
  for (const Found& one : found) SortOne(one, batch, intake);
  // A resource whose name cannot be read may be any of those that seem to be missing.
  if (batch.is_complete_set && all_named) CollectRemoved(intake);
}

bool ResourceTable::Find(const Received& received, size_t index, std::vector<Found>& found,
                         Intake& intake) {
  auto refuse = [&](std::string text) {
    intake.refusals.push_back({absl::StrCat("resources[", index, "]"), std::move(text)});
  };
  if (received.body != nullptr && received.body->type_url() != type_.type_url) {
    refuse(absl::StrCat("is of type ", Printable(received.body->type_url(), 256), ", expected ",
                        type_.type_url));
    return false;
  }
  absl::StatusOr<std::string_view> name = NameOf(received, type_.name_field);
  const absl::Status status = name.ok() ? CheckName(*name) : name.status();
  if (!status.ok()) {
    refuse(std::string(status.message()));
    return name.ok() && !name->empty();
  }
  const auto entry = Place(received, *name);
  if (entry != entries_.end()) Note({entry, *name, &received}, found);  // else not asked for
  return true;
}

// The entry that the resource is for, and its name; made where everything is wanted.
ResourceTable::Entries::iterator ResourceTable::Place(const Received& received,
                                                      std::string_view& name) {
  auto entry = entries_.find(name);
  if (entry != entries_.end()) return entry;
  if (wants_all_) return entries_.try_emplace(std::string(name)).first;
  if (received.aliases == nullptr) return entry;
  for (const std::string& alias : *received.aliases) {
    entry = entries_.find(alias);
    if (entry == entries_.end()) continue;
    name = alias;
    return entry;
  }
  return entries_.end();
}

void ResourceTable::Note(const Found& one, std::vector<Found>& found) {
  Entry& known = one.entry->second;
  if (known.round == round_) {
    found[known.place].is_duplicate = true;
    return;
  }
  known.round = round_;
  known.place = static_cast<uint32_t>(found.size());
  known.is_answered |= one.received != nullptr;
  found.push_back(one);
}

void ResourceTable::SortOne(const Found& found, const Batch& batch, Intake& intake) {
  auto refuse = [&](std::string text) {
    intake.refusals.push_back({std::string(found.name), std::move(text)});
  };
  if (found.is_duplicate) return refuse("is in the response more than once");
  if (found.received == nullptr) {
    MarkRemoved(found.entry, intake);
    return;
  }
  const Received& received = *found.received;
  const std::string fault = FaultIn(received);
  if (!fault.empty()) return refuse(fault);
  Entry& entry = found.entry->second;
  const Intake::Terms terms{received.version, TtlMs(received.ttl)};
  if (received.body == nullptr) {
    if (IsHeartbeatOf(entry, received, batch)) return Refresh(found.entry, batch, terms);
    if (!entry.refusal.empty()) return refuse(entry.refusal);
    return refuse(base::StrCat("has no content, and version \"", Printable(received.version, 256),
                               "\" is not live"));
  }
  const uint64_t hash = HashOf(*received.body);
  // What is live already and comes back after a refused version is passed on once more: the sink
  // may have told somebody of the refusal, and now it is over.
  if (entry.is_live && hash == entry.live_hash && entry.refusal.empty()) {
    entry.version = received.version;
    Refresh(found.entry, batch, terms);
  } else if (!entry.refusal.empty() && hash == entry.refused_hash) {
    refuse(entry.refusal);
  } else {
    const std::string_view version = received.version.empty() ? batch.version : received.version;
    intake.changed.push_back({found.name, version, received.body});
    intake.terms.push_back(terms);
  }
}

bool ResourceTable::IsHeartbeatOf(const Entry& entry, const Received& received,
                                  const Batch& batch) {
  if (!entry.is_live || entry.server != batch.server) return false;
  if (!entry.version.empty()) return received.version == entry.version;
  // Some servers version the whole only. Then it may be of what was refused as well.
  return entry.refusal.empty() &&
         (received.version.empty() || received.version == batch.live_version);
}

void ResourceTable::Refresh(Entries::iterator entry, const Batch& batch,
                            const Intake::Terms& terms) {
  entry->second.server = batch.server;
  SetTtl(entry->first, terms.ttl_ms, batch.now_ms);
}

void ResourceTable::SetTtl(std::string_view name, std::optional<int64_t> ttl_ms, int64_t now_ms) {
  if (ttl_ms.has_value()) {
    expiries_.Set(name, now_ms + *ttl_ms);
  } else {
    expiries_.Clear(name);
  }
}

std::vector<std::string> ResourceTable::TakeExpired(int64_t now_ms) {
  std::vector<std::string> expired = expiries_.TakeDue(now_ms);
  for (const std::string& name : expired) MarkGone(entries_.find(name));
  return expired;
}

void ResourceTable::CollectRemoved(Intake& intake) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    it = it->second.round == round_ ? std::next(it) : MarkRemoved(it, intake);
  }
}

ResourceTable::Entries::iterator ResourceTable::MarkRemoved(Entries::iterator it, Intake& intake) {
  Entry& entry = it->second;
  // A name that was asked for and is not there does not exist: as good as removed.
  if (entry.is_live || (entry.is_wanted && !entry.is_answered)) {
    intake.removed.push_back(it->first);
  }
  entry.refusal.clear();
  expiries_.Clear(it->first);
  return MarkGone(it);
}

ResourceTable::Entries::iterator ResourceTable::MarkGone(Entries::iterator it) {
  Entry& entry = it->second;
  if (!entry.is_wanted) return entries_.erase(it);
  entry.is_live = false;
  entry.is_answered = true;
  entry.version.clear();
  return std::next(it);
}

void ResourceTable::Settle(const Intake& intake, size_t first, size_t count,
                           absl::Span<const Refusal> refusals) {
  for (size_t i = first; i < first + count; ++i) {
    const Resource& resource = intake.changed[i];
    if (intake.terms[i].is_forgotten) continue;  // its name may be wanted anew
    auto found = entries_.find(resource.name);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.refusal.clear();
    auto is_it = [&](const Refusal& refusal) { return refusal.resource == resource.name; };
    for (auto it = std::find_if(refusals.begin(), refusals.end(), is_it); it != refusals.end();
         it = std::find_if(it + 1, refusals.end(), is_it)) {
      absl::StrAppend(&entry.refusal, entry.refusal.empty() ? "" : "\n",
                      it->text.empty() ? "refused" : it->text);
    }
    if (!entry.refusal.empty()) {
      entry.refused_hash = HashOf(*resource.body);
      continue;
    }
    entry.is_live = true;
    entry.live_hash = HashOf(*resource.body);
    entry.version = intake.terms[i].version;
    entry.server = intake.server;
    SetTtl(found->first, intake.terms[i].ttl_ms, intake.received_ms);
  }
}

void Intake::Drop(std::string_view name, size_t settled, size_t delivered) {
  for (size_t i = settled; i < changed.size(); ++i) {
    if (changed[i].name != name) continue;
    if (i < delivered) {
      terms[i].is_forgotten = true;
      return;
    }
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

}  // namespace weir::xds
