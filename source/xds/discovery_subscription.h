// One type on a stream: between its protocol (type_protocol.h) and its sink.
//
// Delivers a response in slices, so that no turn of the main loop is long; keeps the timers of
// initial fetches, of held-back NACKs and of resources that expire; counts. Owned by the
// subscriber, who destroys it before the client. Main loop's thread. Internal to xds/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envoy/config/core/v3/base.pb.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/stats/stats.h"
#include "source/xds/delivery_pace.h"
#include "source/xds/discovery_response.h"
#include "source/xds/discovery_stats.h"
#include "source/xds/fetch_waits.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"
#include "source/xds/type_protocol.h"

namespace weir::xds {

class DiscoverySubscription;

// What a subscription needs of its stream.
class DiscoveryLink {
 public:
  // A request of `subscription` may be due.
  virtual void OnRequestDue(DiscoverySubscription& subscription) = 0;
  virtual void OnSubscriptionGone(DiscoverySubscription& subscription) = 0;

 protected:
  ~DiscoveryLink() = default;
};

class DiscoverySubscription final : public Subscription {
 public:
  DiscoverySubscription(event::Loop& loop, DiscoveryLink& link,
                        std::unique_ptr<TypeProtocol> protocol, const SubscriptionOptions& options,
                        ResourceSink& sink, stats::Store& store);
  ~DiscoverySubscription() override;

  void AddAll() override;
  void Add(std::string_view name, int64_t initial_fetch_timeout_ms) override;
  void Remove(std::string_view name) override;

  const ResourceType& type() const { return protocol_->type(); }
  TypeProtocol& protocol() { return *protocol_; }
  const TypeProtocol& protocol() const { return *protocol_; }
  const SourceState::Type& state() const { return state_; }

  // The stream ended, or did not come about.
  void OnDisconnect();
  // Whether TakeRequest() has one. When a NACK is held back, the link hears of it in time.
  bool IsRequestDue();
  // The next request; timers of what it asks for start with the call.
  std::string TakeRequest(const envoy::config::core::v3::Node* node);

  // Takes a response; DeliverSlice() is then called, a turn each, until it says that it is done.
  void Receive(std::unique_ptr<Response> response);
  bool DeliverSlice();

 private:
  // A response on its way to the sink.
  struct Delivery {
    std::unique_ptr<Response> response;
    Intake intake;
    DeliveryProgress progress;
    int64_t begun_ms = 0;
  };

  bool HasNewsForSink() const;
  void GoOnDelivering();
  void Conclude();
  void NoteRefusal(const Response& response, const std::vector<Refusal>& refusals);
  void Count(bool accepted, int64_t duration_ms);
  void AwaitAnswers();
  void OnFetchTimeout(uint32_t ask, const std::vector<std::string>& asked_for);
  void AwaitExpiry();
  void OnExpiry();
  void TellRefused();

  event::Loop& loop_;
  DiscoveryLink& link_;
  ResourceSink& sink_;
  const SubscriptionOptions options_;
  const std::unique_ptr<TypeProtocol> protocol_;
  std::shared_ptr<stats::Group<DiscoveryStats>> stats_;  // null: none
  SourceState::Type state_;
  std::optional<Delivery> delivery_;
  FetchWaits fetches_;
  bool awaits_all_ = false;
  bool gave_up_all_ = false;
  event::Timer held_nack_timer_;
  event::Timer expiry_timer_;
  std::vector<std::string> refused_names_;  // wanted, but no names; until the sink was told
  event::Timer refused_timer_;
};

}  // namespace weir::xds
