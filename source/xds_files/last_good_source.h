// Stands between a source and its sinks: passes everything on, keeps what the sinks took
// (last_good_store.h), and gives it back at a start at which the control plane is silent.
//
//   Start() ──500 ms──► was there an answer of the type? ──yes──► nothing to do
//                            └──no──► the sink gets what was kept, as if it had come
//                                       └── the server answers ──► what it sends goes to the sink,
//                                             which ignores what it has already; of a complete set,
//                                             what the first answer that was accepted whole lacks
//                                             is removed, users first: listeners before clusters
//
// - Kept resources go out in slices, parents before children in the order of Subscribe(). Of types
//   that are asked for by name only what is wanted goes out; what is wanted later, while the server
//   has said nothing at all, at once, and otherwise after the same time.
// - A resource that the server sends and the sink refuses keeps its last good version: at a start
//   that is the kept one.
// - Types that are left out pass by: nothing of them is kept.
//
// Main loop's thread only; outlives its subscriptions, and `source` and `store` outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/event/timer.h"
#include "source/xds/discovery_stats.h"
#include "source/xds/subscription.h"
#include "source/xds_files/last_good_store.h"
#include "source/xds_files/last_good_subscription.h"

namespace weir::xds::files {

class LastGoodSource final : public ResourceSource, private LastGoodLink {
 public:
  struct Options {
    // Tells its resources from those of other sources in the same store.
    std::string name = "ads";
    // Type URLs.
    std::vector<std::string> left_out = {};
    int64_t silence_ms = 500;
    // A state-of-the-world response holds a complete set. A delta server may send it in several
    // and nobody says which is the last: not whole, and what is missing is gone so long after one.
    bool sets_come_whole = true;
    int64_t absence_grace_ms = 0;
  };
  // Whether the last response of a type was accepted whole: only then does what it lacks not exist.
  using WasAccepted = absl::AnyInvocable<bool(std::string_view type_url)>;

  LastGoodSource(event::Loop& loop, ResourceSource& source, LastGoodStore& store, Options options,
                 WasAccepted was_accepted);
  ~LastGoodSource() override;
  LastGoodSource(const LastGoodSource&) = delete;
  LastGoodSource& operator=(const LastGoodSource&) = delete;

  // The control plane is dialled from now on.
  void Start();

  std::unique_ptr<Subscription> Subscribe(ResourceType type, const SubscriptionOptions& options,
                                          ResourceSink& sink) override;

  // Reads it off the state of a DiscoveryClient, which outlives what is returned.
  static WasAccepted AcceptanceIn(const event::Published<SourceState>& state);

 private:
  void OnAnswer() override { is_silent_ = false; }
  bool is_silent() const override { return is_silent_; }
  bool WasAcceptedWhole(std::string_view type_url) override { return was_accepted_(type_url); }
  bool IsStillNamed(const LastGoodSubscription& subscription) const override;
  void OnDue() override;
  void OnServingChanged() override;
  void OnSubscriptionGone(LastGoodSubscription& subscription) override;

  void FallBack();
  void Pump();
  LastGoodSubscription* FirstDue() const;
  bool NoteServing();

  event::Loop& loop_;
  ResourceSource& source_;
  LastGoodStore& store_;
  const Options options_;
  WasAccepted was_accepted_;
  std::vector<LastGoodSubscription*> subscriptions_;  // parents before children
  bool is_silent_ = true;
  bool has_fallen_back_ = false;
  bool is_pumping_ = false;
  bool is_serving_ = false;
  event::Timer silence_timer_;
  // What posted work holds of us, weakly.
  std::shared_ptr<LastGoodSource*> self_;
};

}  // namespace weir::xds::files
