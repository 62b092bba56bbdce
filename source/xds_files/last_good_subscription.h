// One type between its source and its sink: see last_good_source.h. What it gave back from the
// store is unconfirmed until the server sends it, too, or is found to have it no more.
//
// Main loop's thread. Internal to xds/.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/xds/subscription.h"
#include "source/xds_files/last_good_store.h"

namespace weir::xds::files {

class LastGoodSubscription;

// What a subscription needs of its source.
class LastGoodLink {
 public:
  // The server answered something.
  virtual void OnAnswer() = 0;
  // It has not answered anything since the start.
  virtual bool is_silent() const = 0;
  virtual bool WasAcceptedWhole(std::string_view type_url) = 0;
  // Something kept still serves that may name resources of this type: it is of a type that comes
  // after this one and is asked for otherwise than as its consequence.
  virtual bool IsStillNamed(const LastGoodSubscription& subscription) const = 0;
  // There is something to give back.
  virtual void OnDue() = 0;
  virtual void OnServingChanged() = 0;
  virtual void OnSubscriptionGone(LastGoodSubscription& subscription) = 0;

 protected:
  ~LastGoodLink() = default;
};

class LastGoodSubscription final : public Subscription, private ResourceSink {
 public:
  struct Options {
    std::string set;  // in the store
    int64_t silence_ms = 0;
    int64_t absence_grace_ms = 0;
    bool sets_come_whole = true;
  };

  LastGoodSubscription(event::Loop& loop, LastGoodLink& link, LastGoodStore& store, Options options,
                       ResourceType type, ResourceSink& sink);
  ~LastGoodSubscription() override;

  // Subscribes to the source behind.
  void Connect(ResourceSource& source, const SubscriptionOptions& options);

  void AddAll() override;
  void Add(std::string_view name, int64_t initial_fetch_timeout_ms) override;
  void Remove(std::string_view name) override;

  // The server had its time. When it has not answered, what was kept is due.
  void FallBack();
  bool is_due() const {
    return !update_.has_value() && (giving_ != nullptr || is_set_due_ || !due_.empty());
  }
  // Some of what is due goes to the sink.
  void DeliverSlice();
  // The sink goes on with it in the next turn.
  bool is_unfinished() const { return giving_ != nullptr; }
  const ResourceType& type() const { return type_; }
  // Whether the sink serves anything that the server has not confirmed.
  bool is_serving() const { return !unconfirmed_.empty(); }

 private:
  // What the sink is being given back.
  struct Giving {
    std::deque<envoy::service::discovery::v3::Resource> messages;
    std::vector<Resource> resources;
  };

  std::vector<Refusal> OnUpdate(const Update& update) override;
  bool IsDone() const override { return !update_.has_value(); }
  std::vector<Refusal> Continue() override;
  void OnFetchTimeout(absl::Span<const std::string> names) override;

  bool BeginGiving();
  void NoteGiven(const std::vector<Refusal>& refusals);
  std::unique_ptr<Giving> TakeBackUnfinished();
  void NoteAnswer();
  void EndUpdate();
  void Note(const Update& update, const std::vector<Refusal>& refusals);
  void NoteRefused(const std::string& name);
  void Confirm(const std::string& name);
  void AwaitAbsence();
  std::vector<std::string> TakeAbsent();
  void RemoveAbsent();
  void DropUnwanted();
  void FallBackFor(std::string_view name);
  bool IsOurs(const std::string& name) const;

  event::Loop& loop_;
  LastGoodLink& link_;
  LastGoodStore& store_;
  const Options options_;
  const ResourceType type_;
  ResourceSink& sink_;
  std::unique_ptr<Subscription> behind_;

  bool wants_all_ = false;
  std::set<std::string, std::less<>> wanted_;  // by name
  bool has_fallen_back_ = false;
  bool is_answered_ = false;        // the server said something of this type
  bool was_absence_told_ = false;   // what its set lacks was removed once
  bool is_set_due_ = false;         // that the set is known, even if nothing is in it
  bool was_set_given_ = false;      // the sink has a first answer
  std::unique_ptr<Giving> giving_;  // the sink is not done with it
  std::optional<Update> update_;    // from the server: the sink is not done with it
  std::vector<Refusal> refusals_;   // of it
  std::optional<int64_t> absent_since_ms_;
  std::set<std::string> due_;          // to be given back
  std::set<std::string> unconfirmed_;  // given back
  std::set<std::string> refused_;      // of these, what the server sent was refused
  event::Timer silence_timer_;         // of names that are wanted later
  event::Timer absence_timer_;
  event::Timer unwanted_timer_;
  // What posted work holds of us, weakly.
  std::shared_ptr<LastGoodSubscription*> self_;
};

}  // namespace weir::xds::files
