#include "source/xds/discovery_subscription.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "source/base/log.h"
#include "source/event/turn_budget.h"
#include "source/xds/nack_detail.h"
#include "source/xds/resource_name.h"
#include "source/xds/version_hash.h"

namespace weir::xds {

DiscoverySubscription::DiscoverySubscription(event::Loop& loop, DiscoveryLink& link,
                                             std::unique_ptr<TypeProtocol> protocol,
                                             const SubscriptionOptions& options, ResourceSink& sink,
                                             stats::Store& store)
    : loop_(loop),
      link_(link),
      sink_(sink),
      options_(options),
      protocol_(std::move(protocol)),
      fetches_(loop, [this](uint32_t ask, const auto& names) { OnFetchTimeout(ask, names); }),
      held_nack_timer_(loop, [this] { link_.OnRequestDue(*this); }),
      expiry_timer_(loop, [this] { OnExpiry(); }),
      refused_timer_(loop, [this] { TellRefused(); }) {
  state_.type_url = protocol_->type().type_url;
  state_.stats_prefix = protocol_->type().stats_prefix;
  if (!state_.stats_prefix.empty()) {
    stats_ = store.AddGroup<DiscoveryStats>(state_.stats_prefix);
    stats_->Here().update_attempt.Add();
  }
}

DiscoverySubscription::~DiscoverySubscription() { link_.OnSubscriptionGone(*this); }

void DiscoverySubscription::AddAll() {
  if (protocol_->WantAll()) link_.OnRequestDue(*this);
}

void DiscoverySubscription::Add(std::string_view name, int64_t initial_fetch_timeout_ms) {
  const int64_t timeout_ms = initial_fetch_timeout_ms == kDefaultTimeout
                                 ? options_.initial_fetch_timeout_ms
                                 : initial_fetch_timeout_ms;
  const absl::Status status = CheckName(name);
  if (!status.ok()) {
    WEIR_LOG(kWarning, "xds", state_.type_url,
             " is not asked for a resource: ", std::string(status.message()));
    refused_names_.emplace_back(name);
    return refused_timer_.Arm(0);
  }
  if (protocol_->Want(name, timeout_ms)) link_.OnRequestDue(*this);
}

void DiscoverySubscription::TellRefused() {
  if (delivery_.has_value()) return;  // its end brings us back here
  const std::vector<std::string> names = std::exchange(refused_names_, {});
  if (!names.empty()) sink_.OnUpdate({{}, names, true});
}

void DiscoverySubscription::Remove(std::string_view name) {
  refused_names_.erase(std::remove(refused_names_.begin(), refused_names_.end(), name),
                       refused_names_.end());
  if (!protocol_->Forget(name)) return;
  if (delivery_.has_value() && !protocol_->wants_all()) {
    delivery_->intake.Drop(name, delivery_->progress.first(), delivery_->progress.next());
  }
  link_.OnRequestDue(*this);
}

void DiscoverySubscription::OnDisconnect() {
  protocol_->OnDisconnect();
  fetches_.Clear();
  awaits_all_ = false;
  held_nack_timer_.Cancel();
  if (stats_ == nullptr) return;
  stats_->Here().update_failure.Add();
  stats_->Here().update_attempt.Add();
}

bool DiscoverySubscription::IsRequestDue() {
  if (protocol_->IsRequestDue(loop_.now_ms())) return true;
  if (std::optional<int64_t> due_ms = protocol_->NextDueMs()) {
    held_nack_timer_.Arm(std::max<int64_t>(*due_ms - loop_.now_ms(), 1));
  }
  return false;
}

std::string DiscoverySubscription::TakeRequest(const envoy::config::core::v3::Node* node) {
  std::string request = protocol_->TakeRequest(loop_.now_ms(), node);
  AwaitAnswers();
  return request;
}

void DiscoverySubscription::AwaitAnswers() {
  const uint32_t ask = fetches_.BeginAsk();
  if (protocol_->wants_all() && !protocol_->was_answered() && !gave_up_all_ && !awaits_all_) {
    awaits_all_ = true;
    fetches_.Await({}, options_.initial_fetch_timeout_ms);
  }
  for (const auto& [timeout_ms, names] : protocol_->TakeUnasked(ask)) {
    fetches_.Await(names, timeout_ms);
  }
}

void DiscoverySubscription::OnFetchTimeout(uint32_t ask,
                                           const std::vector<std::string>& asked_for) {
  const bool is_for_all = asked_for.empty();
  const std::vector<std::string> names = protocol_->GiveUp(asked_for, ask);
  if (is_for_all ? protocol_->was_answered() : names.empty()) return;
  gave_up_all_ |= is_for_all;
  if (stats_ != nullptr) stats_->Here().init_fetch_timeout.Add();
  WEIR_LOG(kWarning, "xds", "no answer in time for ",
           is_for_all ? "all" : Printable(names.front(), 256),
           names.size() > 1 ? absl::StrCat(" and ", names.size() - 1, " more") : "", " of ",
           state_.type_url);
  sink_.OnFetchTimeout(names);
}

void DiscoverySubscription::Receive(std::unique_ptr<Response> response) {
  delivery_ = Delivery();
  delivery_->begun_ms = loop_.now_ms();
  delivery_->intake = protocol_->Receive(*response, loop_.now_ms());
  delivery_->response = std::move(response);
}

bool DiscoverySubscription::DeliverSlice() {
  const event::TurnBudget budget(loop_);
  while (HasNewsForSink()) {
    GoOnDelivering();
    const bool is_unfinished = delivery_->progress.is_unfinished();
    if (is_unfinished || (HasNewsForSink() && budget.is_spent())) return false;
  }
  Conclude();
  return true;
}

bool DiscoverySubscription::HasNewsForSink() const {
  const bool is_first_set = type().is_complete_set && !protocol_->was_answered();
  return delivery_->progress.HasNews(delivery_->intake, is_first_set);
}

// The next update, or a turn's worth of the last.
void DiscoverySubscription::GoOnDelivering() {
  auto& [response, intake, progress, begun_ms] = *delivery_;
  std::optional<std::vector<Refusal>> refusals =
      progress.is_unfinished() ? progress.Continue(sink_)
                               : progress.Deliver(progress.Next(intake), sink_);
  if (!refusals.has_value()) return;
  protocol_->Settle(intake, progress.first(), progress.next() - progress.first(), *refusals);
  std::move(refusals->begin(), refusals->end(), std::back_inserter(intake.refusals));
}

void DiscoverySubscription::Conclude() {
  Delivery delivery = std::move(*delivery_);
  delivery_.reset();
  const bool accepted = protocol_->Answer(*delivery.response, delivery.intake, loop_.now_ms());
  state_.version = protocol_->version();
  state_.updated_us = loop_.wall_us();
  if (accepted) {
    state_.refusal.clear();
    state_.refused_version.clear();
    WEIR_LOG(kDebug, "xds", state_.type_url, " version ", Printable(state_.version, 256),
             " accepted: ", delivery.intake.changed.size(), " changed, ",
             delivery.intake.removed.size(), " removed");
  } else {
    NoteRefusal(*delivery.response, delivery.intake.refusals);
  }
  Count(accepted, loop_.now_ms() - delivery.begun_ms);
  AwaitExpiry();
  if (!refused_names_.empty()) refused_timer_.Arm(0);
  link_.OnRequestDue(*this);
}

void DiscoverySubscription::AwaitExpiry() {
  expiry_timer_.Cancel();
  if (const std::optional<int64_t> at_ms = protocol_->NextExpiryMs()) {
    expiry_timer_.Arm(std::max<int64_t>(*at_ms - loop_.now_ms(), 1));
  }
}

void DiscoverySubscription::OnExpiry() {
  if (delivery_.has_value()) return;  // its end brings us back here
  const std::vector<std::string> names = protocol_->TakeExpired(loop_.now_ms());
  AwaitExpiry();
  if (names.empty()) return;
  WEIR_LOG(kWarning, "xds", state_.type_url, ": the time to live of ",
           Printable(names.front(), 256),
           names.size() > 1 ? absl::StrCat(" and ", names.size() - 1, " more") : "", " is over");
  sink_.OnUpdate({{}, names, true});
}

void DiscoverySubscription::NoteRefusal(const Response& response,
                                        const std::vector<Refusal>& refusals) {
  std::string detail = NackDetail(refusals);
  std::string version = Printable(response.version(), 256);
  // A server may send the same again and again: one line is enough.
  if (detail != state_.refusal || version != state_.refused_version) {
    WEIR_LOG(kWarning, "xds", state_.type_url, " version ", version, " refused: ", detail);
  }
  state_.refusal = std::move(detail);
  state_.refused_version = std::move(version);
}

void DiscoverySubscription::Count(bool accepted, int64_t duration_ms) {
  if (stats_ == nullptr) return;
  DiscoveryStats& stats = stats_->Here();
  stats.update_attempt.Add();
  stats.update_duration.Record(static_cast<uint64_t>(duration_ms));
  if (!accepted) {
    stats.update_rejected.Add();
    return;
  }
  stats.update_success.Add();
  stats.update_time.Set(loop_.wall_us() / 1000);
  stats.version.Set(VersionHash(state_.version));
}

}  // namespace weir::xds
