// A sink that takes everything but what it is told to refuse, and remembers what it heard. It can
// be told to need more turns for an update, too; then it says what it refuses in the last of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/xds/subscription.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {

struct RecordingSink : ResourceSink {
  std::vector<Refusal> OnUpdate(const Update& update) override {
    ++updates;
    turns_left = more_turns;
    if (update.is_last) ++responses;
    for (const std::string& name : update.removed) {
      live.erase(name);
      removed.push_back(name);
    }
    std::vector<Refusal> refusals;
    for (const Resource& resource : update.changed) {
      const std::string name(resource.name);
      ++offered;
      auto refused = refuse.find(name);
      if (refused != refuse.end()) {
        refusals.push_back({name, refused->second});
      } else {
        live[name] = ContentOf(*resource.body);
        versions[name] = std::string(resource.version.view());
      }
    }
    if (on_update) on_update(update);
    if (turns_left == 0) return refusals;
    late_refusals = std::move(refusals);
    return {};
  }
  bool IsDone() const override { return turns_left == 0; }
  std::vector<Refusal> Continue() override {
    ++continuations;
    if (--turns_left > 0) return {};
    return std::exchange(late_refusals, {});
  }
  void OnFetchTimeout(absl::Span<const std::string> names) override {
    ++timeouts;
    timed_out.insert(timed_out.end(), names.begin(), names.end());
  }

  std::map<std::string, std::string> refuse;  // name → why
  std::function<void(const Update&)> on_update;
  int more_turns = 0;  // that it needs for an update, from the next one on

  std::map<std::string, std::string> live;  // name → content
  std::map<std::string, std::string> versions;
  std::vector<std::string> removed;
  int updates = 0;
  int responses = 0;
  int offered = 0;
  int timeouts = 0;
  int turns_left = 0;
  int continuations = 0;
  std::vector<Refusal> late_refusals;
  std::vector<std::string> timed_out;
};

}  // namespace weir::xds
