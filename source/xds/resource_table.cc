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

// What `refusals` say of the resource; empty: nothing.
std::string TextFor(std::string_view resource, absl::Span<const Refusal> refusals) {
  std::string text;
  for (const Refusal& refusal : refusals) {
    if (refusal.resource != resource) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\n",
                    refusal.text.empty() ? "refused" : refusal.text);
  }
  return text;
}

}  // namespace

bool ResourceTable::WantAll() { return !std::exchange(wants_all_, true); }

bool ResourceTable::Want(std::string_view name, int64_t fetch_timeout_ms) {
  ResourceEntry& entry = EntryOf(name);
  if (entry.is_wanted) return false;
  entry.is_wanted = true;
  entry.asked_in = 0;
  may_have_unasked_ = true;
  entry.fetch_timeout_ms = fetch_timeout_ms;
  ++wanted_count_;
  return true;
}

bool ResourceTable::Forget(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || !(*found)->is_wanted) return false;
  --wanted_count_;
  (*found)->is_wanted = false;
  if (wants_all_) return true;
  expiries_.Clear(name);
  ForgetRefusal(**found);
  entries_.erase(found);
  return true;
}

void ResourceTable::AppendNames(google::protobuf::RepeatedPtrField<std::string>& names) const {
  names.Reserve(static_cast<int>(names.size() + wanted_count_));
  for (const auto& entry : entries_) {
    if (entry->is_wanted) *names.Add() = std::string(entry->name());
  }
}

std::map<int64_t, std::vector<std::string>> ResourceTable::TakeUnasked(uint32_t ask) {
  std::map<int64_t, std::vector<std::string>> unasked;
  // An answer to a response that changed one of ten thousand does not look at all of them.
  if (!std::exchange(may_have_unasked_, false)) return unasked;
  for (const auto& entry : entries_) {
    if (!entry->is_wanted || entry->is_answered || entry->asked_in != 0) continue;
    entry->asked_in = ask;
    unasked[entry->fetch_timeout_ms].emplace_back(entry->name());
  }
  return unasked;
}

void ResourceTable::ForgetAsked() {
  for (const auto& entry : entries_) entry->asked_in = 0;
  may_have_unasked_ = true;
}

std::vector<std::string> ResourceTable::GiveUp(const std::vector<std::string>& names,
                                               uint32_t ask) {
  std::vector<std::string> unanswered;
  for (const std::string& name : names) {
    ResourceEntry* const entry = FindEntry(name);
    if (entry == nullptr || entry->is_answered) continue;
    if (entry->asked_in != ask) continue;  // let go of and wanted anew meanwhile
    entry->is_answered = true;
    unanswered.push_back(name);
  }
  return unanswered;
}

void ResourceTable::AppendVersions(
    uint32_t server, google::protobuf::Map<std::string, std::string>& versions) const {
  for (const auto& entry : entries_) {
    if (!entry->is_live) continue;
    const bool is_of_server = entry->server == server;
    if (!is_of_server && entry->is_wanted) continue;
    versions[std::string(entry->name())] = is_of_server ? entry->version.view() : "";
  }
}

void ResourceTable::Sort(const Batch& batch, Intake& intake) {
  ++round_;
  intake.server = batch.server;
  intake.received_ms = batch.now_ms;
  if (batch.is_complete_set && batch.resources.empty() && type_.refuses_empty_set) {
    const auto live = std::count_if(entries_.begin(), entries_.end(),
                                    [](const auto& entry) { return entry->is_live; });
    if (live > 0) {
      intake.refusals.push_back(
          {"resources", absl::StrCat("is empty, which would remove all ", live, " that serve")});
      return;
    }
  }
  std::vector<Found> found;
  found.reserve(batch.resources.size() + batch.removed.size());
  bool all_named = true;
  for (size_t i = 0; i < batch.resources.size(); ++i) {
    all_named &= Find(batch.resources[i], i, found, intake);
  }
  for (const std::string_view name : batch.removed) {
    if (ResourceEntry* const entry = FindEntry(name)) Note({entry, name, nullptr}, found);
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
  ResourceEntry* const entry = Place(received, *name);
  if (entry != nullptr) Note({entry, *name, &received}, found);  // else not asked for
  return true;
}

// The entry that the resource is for, and its name; made where everything is wanted.
ResourceEntry* ResourceTable::Place(const Received& received, std::string_view& name) {
  if (ResourceEntry* const entry = FindEntry(name)) return entry;
  if (wants_all_) return &EntryOf(name);
  if (received.aliases == nullptr) return nullptr;
  for (const std::string& alias : *received.aliases) {
    ResourceEntry* const entry = FindEntry(alias);
    if (entry == nullptr) continue;
    name = alias;
    return entry;
  }
  return nullptr;
}

ResourceEntry* ResourceTable::FindEntry(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->get();
}

ResourceEntry& ResourceTable::EntryOf(std::string_view name) {
  const auto place = entries_.lower_bound(name);
  if (place != entries_.end() && (*place)->name() == name) return **place;
  return **entries_.insert(place, ResourceEntry::Create(name));
}

void ResourceTable::Note(const Found& one, std::vector<Found>& found) {
  ResourceEntry& known = *one.entry;
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
    MarkRemoved(entries_.find(found.name), intake);
    return;
  }
  const Received& received = *found.received;
  const std::string fault = FaultIn(received);
  if (!fault.empty()) return refuse(fault);
  ResourceEntry& entry = *found.entry;
  const Refused* const refused = RefusalOf(entry);
  const Intake::Terms terms{received.version, TtlMs(received.ttl)};
  if (received.body == nullptr) {
    if (IsHeartbeatOf(entry, received, batch)) return Refresh(entry, batch, terms);
    if (refused != nullptr) return refuse(refused->text);
    return refuse(base::StrCat("has no content, and version \"", Printable(received.version, 256),
                               "\" is not live"));
  }
  const uint64_t hash = HashOf(*received.body);
  // What is live already and comes back after a refused version is passed on once more: the sink
  // may have told somebody of the refusal, and now it is over.
  if (entry.is_live && hash == entry.live_hash && refused == nullptr) {
    entry.version = base::SharedText::Like(version_, received.version);
    Refresh(entry, batch, terms);
  } else if (refused != nullptr && hash == refused->hash) {
    refuse(refused->text);
  } else {
    const std::string_view version = received.version.empty() ? batch.version : received.version;
    intake.changed.push_back(
        {found.name, base::SharedText::Like(version_, version), received.body});
    intake.terms.push_back(terms);
  }
}

bool ResourceTable::IsHeartbeatOf(const ResourceEntry& entry, const Received& received,
                                  const Batch& batch) {
  if (!entry.is_live || entry.server != batch.server) return false;
  if (!entry.version.empty()) return received.version == entry.version.view();
  // Some servers version the whole only. Then it may be of what was refused as well.
  return !entry.is_refused && (received.version.empty() || received.version == batch.live_version);
}

void ResourceTable::Refresh(ResourceEntry& entry, const Batch& batch, const Intake::Terms& terms) {
  entry.server = batch.server;
  SetTtl(entry.name(), terms.ttl_ms, batch.now_ms);
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
    it = (*it)->round == round_ ? std::next(it) : MarkRemoved(it, intake);
  }
}

ResourceTable::Entries::iterator ResourceTable::MarkRemoved(Entries::iterator it, Intake& intake) {
  ResourceEntry& entry = **it;
  // A name that was asked for and is not there does not exist: as good as removed.
  if (entry.is_live || (entry.is_wanted && !entry.is_answered)) {
    intake.removed.emplace_back(entry.name());
  }
  ForgetRefusal(entry);
  expiries_.Clear(entry.name());
  return MarkGone(it);
}

ResourceTable::Entries::iterator ResourceTable::MarkGone(Entries::iterator it) {
  ResourceEntry& entry = **it;
  if (!entry.is_wanted) {
    ForgetRefusal(entry);
    return entries_.erase(it);
  }
  entry.is_live = false;
  entry.is_answered = true;
  entry.version = {};
  return std::next(it);
}

const ResourceTable::Refused* ResourceTable::RefusalOf(const ResourceEntry& entry) const {
  if (!entry.is_refused) return nullptr;
  return &refused_.find(base::ToAbsl(entry.name()))->second;
}

void ResourceTable::ForgetRefusal(ResourceEntry& entry) {
  if (std::exchange(entry.is_refused, false)) refused_.erase(base::ToAbsl(entry.name()));
}

void ResourceTable::Settle(const Intake& intake, size_t first, size_t count,
                           absl::Span<const Refusal> refusals) {
  for (size_t i = first; i < first + count; ++i) {
    const Resource& resource = intake.changed[i];
    if (intake.terms[i].is_forgotten) continue;  // its name may be wanted anew
    ResourceEntry* const entry = FindEntry(resource.name);
    if (entry == nullptr) continue;
    ForgetRefusal(*entry);
    std::string refusal = TextFor(resource.name, refusals);
    if (!refusal.empty()) {
      entry->is_refused = true;
      refused_[base::ToAbsl(resource.name)] = {HashOf(*resource.body), std::move(refusal)};
      continue;
    }
    entry->is_live = true;
    entry->live_hash = HashOf(*resource.body);
    entry->version = intake.terms[i].version.empty() ? base::SharedText() : resource.version;
    entry->server = intake.server;
    SetTtl(entry->name(), intake.terms[i].ttl_ms, intake.received_ms);
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
