#include "source/xds/resource_table.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "source/base/strings.h"
#include "source/xds/nack_detail.h"
#include "source/xds/resource_name.h"

namespace weir::xds {
namespace {

using envoy::service::discovery::v3::DiscoveryResponse;
using google::protobuf::Any;

constexpr char kWrapperUrl[] = "type.googleapis.com/envoy.service.discovery.v3.Resource";

uint64_t HashOf(const Any& body) {
  return absl::HashOf(absl::string_view(body.value().data(), body.value().size()));
}

// Servers may wrap a resource to give it a name and a version.
Resource Unwrap(const Resource& resource, Intake& intake) {
  if (resource.body->type_url() != kWrapperUrl) return resource;
  envoy::service::discovery::v3::Resource wrapper;
  if (!wrapper.ParseFromString(resource.body->value()) || !wrapper.has_resource()) return resource;
  const auto& kept = intake.unwrapped.emplace_back(std::move(wrapper));
  return {{}, kept.version().empty() ? resource.version : kept.version(), &kept.resource()};
}

}  // namespace

bool ResourceTable::WantAll() { return !std::exchange(wants_all_, true); }

bool ResourceTable::Want(std::string_view name, int64_t fetch_timeout_ms) {
  Entry& entry = entries_.try_emplace(std::string(name)).first->second;
  if (entry.is_wanted) return false;
  entry.is_wanted = true;
  entry.asked_in = 0;
  entry.fetch_timeout_ms = fetch_timeout_ms;
  ++wanted_count_;
  return true;
}

bool ResourceTable::Forget(std::string_view name) {
  auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.is_wanted) return false;
  --wanted_count_;
  found->second.is_wanted = false;
  if (!wants_all_) entries_.erase(found);
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
  for (auto& [name, entry] : entries_) {
    if (!entry.is_wanted || entry.is_answered || entry.asked_in != 0) continue;
    entry.asked_in = ask;
    unasked[entry.fetch_timeout_ms].push_back(name);
  }
  return unasked;
}

void ResourceTable::ForgetAsked() {
  for (auto& [name, entry] : entries_) entry.asked_in = 0;
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

Intake ResourceTable::Sort(const DiscoveryResponse& response) {
  ++round_;
  Intake intake;
  std::vector<Found> found;
  found.reserve(response.resources_size());
  bool all_named = true;
  for (int i = 0; i < response.resources_size(); ++i) {
    const Resource unnamed{{}, response.version_info(), &response.resources(i)};
    all_named &= Find(Unwrap(unnamed, intake), i, found, intake);
  }
  for (const Found& one : found) SortOne(one, intake);
  // A resource whose name cannot be read may be any of those that seem to be missing.
  if (type_.is_complete_set && all_named) CollectRemoved(intake);
  return intake;
}

bool ResourceTable::Find(const Resource& unnamed, size_t index, std::vector<Found>& found,
                         Intake& intake) {
  const Any& body = *unnamed.body;
  auto refuse = [&](std::string text) {
    intake.refusals.push_back({absl::StrCat("resources[", index, "]"), std::move(text)});
    return false;
  };
  if (body.type_url() != type_.type_url) {
    return refuse(absl::StrCat("is of type ", Printable(body.type_url(), 256), ", expected ",
                               type_.type_url));
  }
  absl::StatusOr<std::string_view> name = ReadName(body.value(), type_.name_field);
  if (!name.ok()) return refuse(std::string(name.status().message()));

  auto it = entries_.find(*name);
  if (it == entries_.end()) {
    if (!wants_all_) return true;  // not asked for
    it = entries_.try_emplace(std::string(*name)).first;
  }
  Entry& entry = it->second;
  if (entry.round == round_) {
    found[entry.place].is_duplicate = true;
    return true;
  }
  entry.round = round_;
  entry.place = static_cast<uint32_t>(found.size());
  entry.is_answered = true;
  found.push_back({&entry, {*name, unnamed.version, &body}});
  return true;
}

void ResourceTable::SortOne(const Found& found, Intake& intake) {
  Entry& entry = *found.entry;
  if (found.is_duplicate) {
    intake.refusals.push_back(
        {std::string(found.resource.name), "is in the response more than once"});
    return;
  }
  const uint64_t hash = HashOf(*found.resource.body);
  // What is live already and comes back after a refused version is passed on once more: the sink
  // may have told somebody of the refusal, and now it is over.
  if (entry.is_live && hash == entry.live_hash && entry.refusal.empty()) return;
  if (!entry.refusal.empty() && hash == entry.refused_hash) {
    intake.refusals.push_back({std::string(found.resource.name), entry.refusal});
  } else {
    intake.changed.push_back(found.resource);
  }
}

void ResourceTable::CollectRemoved(Intake& intake) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto& [name, entry] = *it;
    if (entry.round == round_) {
      ++it;
      continue;
    }
    // A name that was asked for and is not there does not exist: as good as removed.
    if (entry.is_live || (entry.is_wanted && !entry.is_answered)) intake.removed.push_back(name);
    if (!entry.is_wanted) {
      it = entries_.erase(it);
      continue;
    }
    entry.is_live = false;
    entry.is_answered = true;
    entry.refusal.clear();
    ++it;
  }
}

void ResourceTable::Settle(absl::Span<const Resource> taken, absl::Span<const Refusal> refusals) {
  for (const Resource& resource : taken) {
    auto found = entries_.find(resource.name);
    if (found == entries_.end()) continue;  // forgotten by the sink meanwhile
    Entry& entry = found->second;
    entry.refusal.clear();
    auto is_it = [&](const Refusal& refusal) { return refusal.resource == resource.name; };
    for (auto it = std::find_if(refusals.begin(), refusals.end(), is_it); it != refusals.end();
         it = std::find_if(it + 1, refusals.end(), is_it)) {
      absl::StrAppend(&entry.refusal, entry.refusal.empty() ? "" : "\n",
                      it->text.empty() ? "refused" : it->text);
    }
    if (entry.refusal.empty()) {
      entry.is_live = true;
      entry.live_hash = HashOf(*resource.body);
    } else {
      entry.refused_hash = HashOf(*resource.body);
    }
  }
}

}  // namespace weir::xds
