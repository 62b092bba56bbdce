// How dynamic configuration reaches those who use it, whatever carries it.
//
// A ResourceSource (an ADS stream, a stream of one type, in either protocol; a file) delivers
// resources of one type to one ResourceSink. A sink hears only of what changed, says per resource
// what it cannot take, and keeps the last good version of that; everything else goes live. The
// source tells the control plane. Main loop's thread only; a source outlives its subscriptions.
//
//   class Clusters : public xds::ResourceSink {
//     std::vector<xds::Refusal> OnUpdate(const xds::Update& update) override {
//       for (const xds::Resource& resource : update.changed) { …Unpack(*resource.body, cluster)… }
//       for (const std::string& name : update.removed) …
//     }
//   };
//   cds_ = source.Subscribe({.type_url = kCluster, .is_complete_set = true}, {}, clusters);
//   cds_->AddAll();
//
//   eds_ = source.Subscribe({.type_url = kEndpoints}, {}, endpoints);
//   eds_->Add("web");   eds_->Remove("web");      // requests go out once, at the end of the turn
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "google/protobuf/any.pb.h"
#include "source/base/shared_text.h"

namespace weir::xds {

// What a source has to know of a type; it never looks into its messages but for their name.
struct ResourceType {
  std::string type_url = {};  // "type.googleapis.com/envoy.config.cluster.v3.Cluster"
  // A state-of-the-world response holds all there are: what is absent was deleted (LDS and CDS).
  bool is_complete_set = false;
  // A complete set of nothing, while something is live, is refused: more often it is a control
  // plane that has not read its own sources yet than somebody who means it.
  bool refuses_empty_set = false;
  // Types that refer to this one's resources by name and are asked for as a consequence: their
  // requests wait while a response of this type is delivered, and leave as one batch.
  std::vector<std::string> children = {};
  // Number of the message's field that holds its name: 1 throughout Envoy's API, where it has one.
  // 0: only the protocol names the resource (virtual hosts).
  int name_field = 1;
  // Of the stats: "cluster_manager.cds". Empty: none are kept.
  std::string stats_prefix = {};
};

struct SubscriptionOptions {
  // How long a resource may stay unanswered before OnFetchTimeout(), counted from when it was
  // asked for over a connected stream. 0: for ever.
  int64_t initial_fetch_timeout_ms = 15'000;
};

// Valid until the sink is done with the update that it is in.
struct Resource {
  std::string_view name;
  base::SharedText version;  // whoever keeps it shares it
  const google::protobuf::Any* body = nullptr;
};

// What is new. A big response comes as several updates, over several turns, so that the main loop
// stays responsive; each resource is in one of them, removals are in the first.
struct Update {
  absl::Span<const Resource> changed;  // added, or different from what the sink took last
  // Deleted by the control plane, expired, or wanted by name and said not to exist; of any type.
  // Nothing more is coming for these, hence nobody should wait for them; they may appear later.
  absl::Span<const std::string> removed;
  bool is_last = true;  // of the response
};

// A resource that cannot go live, and why: one line a fault, "field.path: what".
struct Refusal {
  std::string resource;
  std::string text;
};

class ResourceSink {
 public:
  virtual ~ResourceSink() = default;

  // Returns what it refuses of `changed`. A refused resource keeps its last good version, and is
  // not passed again until its content is another. The sink may change subscriptions, but must not
  // destroy the one it is called by.
  virtual std::vector<Refusal> OnUpdate(const Update& update) = 0;

  // A sink that needs longer for an update than a turn may take leaves the rest to later turns: it
  // is not done, and Continue() is called, a turn each, until it is. Until then all that the update
  // refers to stays valid, and nothing else comes; the control plane is answered after that. An
  // update that does come earlier is newer: what is unfinished is dropped for it, and not asked
  // about any more.
  virtual bool IsDone() const { return true; }
  // What it refuses besides.
  virtual std::vector<Refusal> Continue() { return {}; }

  // The control plane was asked and did not answer in time: proceed as if these were empty. They
  // may still come. Without names: the complete set did not come.
  virtual void OnFetchTimeout(absl::Span<const std::string> names) = 0;
};

// What one sink wants of one type. Destroying it ends all delivery to the sink.
class Subscription {
 public:
  virtual ~Subscription() = default;

  // Whatever the server has (the wildcard). Makes sense for complete sets only.
  virtual void AddAll() = 0;
  // A resource by name; does nothing if it is wanted already. Of a name that no resource can have
  // (CheckName() in resource_name.h) nobody is asked: the sink soon hears of it as removed.
  virtual void Add(std::string_view name) { Add(name, kDefaultTimeout); }
  // As above with an initial fetch timeout of its own.
  virtual void Add(std::string_view name, int64_t initial_fetch_timeout_ms) = 0;
  // No longer wanted, hence forgotten: the sink gets it again if it is added again.
  virtual void Remove(std::string_view name) = 0;

  static constexpr int64_t kDefaultTimeout = -1;
};

class ResourceSource {
 public:
  virtual ~ResourceSource() = default;
  // At most one subscription of a type at a time.
  virtual std::unique_ptr<Subscription> Subscribe(ResourceType type,
                                                  const SubscriptionOptions& options,
                                                  ResourceSink& sink) = 0;
};

}  // namespace weir::xds
