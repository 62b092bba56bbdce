#include "source/xds_files/last_good_source.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/event/turn_budget.h"

namespace weir::xds::files {

LastGoodSource::LastGoodSource(event::Loop& loop, ResourceSource& source, LastGoodStore& store,
                               Options options, WasAccepted was_accepted)
    : loop_(loop),
      source_(source),
      store_(store),
      options_(std::move(options)),
      was_accepted_(std::move(was_accepted)),
      silence_timer_(loop, [this] { FallBack(); }),
      self_(std::make_shared<LastGoodSource*>(this)) {}

LastGoodSource::~LastGoodSource() { WEIR_CHECK(subscriptions_.empty()); }

void LastGoodSource::Start() { silence_timer_.Arm(options_.silence_ms); }

std::unique_ptr<Subscription> LastGoodSource::Subscribe(ResourceType type,
                                                        const SubscriptionOptions& options,
                                                        ResourceSink& sink) {
  const auto& left_out = options_.left_out;
  if (std::find(left_out.begin(), left_out.end(), type.type_url) != left_out.end()) {
    return source_.Subscribe(std::move(type), options, sink);
  }
  LastGoodSubscription::Options own{absl::StrCat(options_.name, " ", type.type_url),
                                    options_.silence_ms, options_.absence_grace_ms,
                                    options_.sets_come_whole};
  LastGoodLink& link = *this;
  auto subscription = std::make_unique<LastGoodSubscription>(loop_, link, store_, std::move(own),
                                                             std::move(type), sink);
  subscriptions_.push_back(subscription.get());
  subscription->Connect(source_, options);
  if (has_fallen_back_) subscription->FallBack();
  return subscription;
}

LastGoodSource::WasAccepted LastGoodSource::AcceptanceIn(
    const event::Published<SourceState>& state) {
  return [&state](std::string_view type_url) {
    const std::shared_ptr<const SourceState> now = state.Load();
    if (now == nullptr) return false;
    auto is_it = [type_url](const SourceState::Type& type) { return type.type_url == type_url; };
    const auto found = std::find_if(now->types.begin(), now->types.end(), is_it);
    return found != now->types.end() && found->refusal.empty();
  };
}

bool LastGoodSource::IsStillNamed(const LastGoodSubscription& subscription) const {
  const std::vector<std::string>& children = subscription.type().children;
  auto is_user = [&children](const LastGoodSubscription* later) {
    const bool is_child =
        std::find(children.begin(), children.end(), later->type().type_url) != children.end();
    return !is_child && later->is_serving();
  };
  const auto self = std::find(subscriptions_.begin(), subscriptions_.end(), &subscription);
  return std::any_of(self + 1, subscriptions_.end(), is_user);
}

void LastGoodSource::FallBack() {
  has_fallen_back_ = true;
  for (size_t i = 0; i < subscriptions_.size(); ++i) subscriptions_[i]->FallBack();
}

void LastGoodSource::OnDue() {
  if (std::exchange(is_pumping_, true)) return;
  loop_.Post([self = std::weak_ptr<LastGoodSource*>(self_)] {
    if (auto alive = self.lock()) (*alive)->Pump();
  });
}

// A sink may ask for more while it takes something: children come after their parents.
void LastGoodSource::Pump() {
  is_pumping_ = false;
  const event::TurnBudget budget(loop_);
  while (LastGoodSubscription* due = FirstDue()) {
    if (budget.is_spent()) return OnDue();
    due->DeliverSlice();
    if (due->is_unfinished()) return OnDue();
  }
}

LastGoodSubscription* LastGoodSource::FirstDue() const {
  auto is_due = [](const LastGoodSubscription* subscription) { return subscription->is_due(); };
  const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(), is_due);
  return found == subscriptions_.end() ? nullptr : *found;
}

void LastGoodSource::OnServingChanged() {
  if (!NoteServing()) return;
  if (is_serving_) {
    WEIR_LOG(kWarning, "xds", "the last good configuration of ", store_.path(),
             " serves: the control plane is silent, or sends what cannot be used");
  } else {
    WEIR_LOG(kInfo, "xds", "nothing serves from ", store_.path(), " any more");
  }
}

// Whether it changed.
bool LastGoodSource::NoteServing() {
  const bool is_serving =
      std::any_of(subscriptions_.begin(), subscriptions_.end(),
                  [](const LastGoodSubscription* one) { return one->is_serving(); });
  if (is_serving == is_serving_) return false;
  is_serving_ = is_serving;
  store_.CountServing(is_serving ? 1 : -1);
  return true;
}

void LastGoodSource::OnSubscriptionGone(LastGoodSubscription& subscription) {
  subscriptions_.erase(std::find(subscriptions_.begin(), subscriptions_.end(), &subscription));
  NoteServing();
}

}  // namespace weir::xds::files
