// Tested by test/xds_files/last_good_source_test.cc.
#include "source/xds_files/last_good_subscription.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/xds/delivery_pace.h"
#include "source/xds/nack_detail.h"

namespace weir::xds::files {
namespace {

// How often an answer that was refused in part is looked at again, until one is accepted whole.
constexpr int64_t kLookAgainMs = 1'000;
// Routes that were kept name clusters that the control plane has no more, until it sends the new
// ones: these clusters go after that, or so long after the answer that lacks them at the latest.
constexpr int64_t kUsersMs = 15'000;
constexpr int64_t kLookSoonMs = 50;
// When what was kept of names that nobody has asked for is forgotten, after the first answer.
constexpr int64_t kUnwantedMs = 60'000;

}  // namespace

LastGoodSubscription::LastGoodSubscription(event::Loop& loop, LastGoodLink& link,
                                           LastGoodStore& store, Options options, ResourceType type,
                                           ResourceSink& sink)
    : loop_(loop),
      link_(link),
      store_(store),
      options_(std::move(options)),
      type_(std::move(type)),
      sink_(sink),
      silence_timer_(loop, [this] { FallBack(); }),
      absence_timer_(loop, [this] { RemoveAbsent(); }),
      unwanted_timer_(loop, [this] { DropUnwanted(); }),
      self_(std::make_shared<LastGoodSubscription*>(this)) {}

LastGoodSubscription::~LastGoodSubscription() { link_.OnSubscriptionGone(*this); }

void LastGoodSubscription::Connect(ResourceSource& source, const SubscriptionOptions& options) {
  ResourceSink& in_between = *this;
  behind_ = source.Subscribe(type_, options, in_between);
}

void LastGoodSubscription::AddAll() {
  wants_all_ = true;
  behind_->AddAll();
  if (has_fallen_back_) FallBack();
}

void LastGoodSubscription::Add(std::string_view name, int64_t initial_fetch_timeout_ms) {
  behind_->Add(name, initial_fetch_timeout_ms);
  if (!wanted_.insert(std::string(name)).second || !has_fallen_back_ || is_answered_) return;
  if (link_.is_silent()) {
    FallBackFor(name);
  } else if (!silence_timer_.is_armed()) {
    silence_timer_.Arm(options_.silence_ms);
  }
}

void LastGoodSubscription::Remove(std::string_view name) {
  behind_->Remove(name);
  const auto found = wanted_.find(name);
  if (found == wanted_.end()) return;
  const std::string gone = *found;
  wanted_.erase(found);
  if (wants_all_) return;
  due_.erase(gone);
  Confirm(gone);
  // Before the server has spoken it may be wanted again: nobody else has it.
  if (is_answered_) store_.Drop(options_.set, gone);
}

// From the store to the sink --------------------------------------------------------------------

void LastGoodSubscription::FallBack() {
  has_fallen_back_ = true;
  if (is_answered_) return;
  if (wants_all_) {
    is_set_due_ |= store_.Knows(options_.set) && !was_set_given_;
    for (std::string& name : store_.NamesFromFile(options_.set)) {
      if (!unconfirmed_.contains(name)) due_.insert(std::move(name));
    }
  }
  for (const std::string& name : wanted_) FallBackFor(name);
  if (is_due()) link_.OnDue();
}

void LastGoodSubscription::FallBackFor(std::string_view name) {
  std::string key(name);
  if (unconfirmed_.contains(key) || store_.FindFromFile(options_.set, name) == nullptr) return;
  due_.insert(std::move(key));
  link_.OnDue();
}

void LastGoodSubscription::DeliverSlice() {
  if (giving_ != nullptr) {
    NoteGiven(sink_.Continue());
  } else if (BeginGiving()) {
    if (due_.empty()) was_set_given_ = true;
    if (is_serving()) link_.OnServingChanged();
    NoteGiven(sink_.OnUpdate({giving_->resources, {}, due_.empty()}));
  }
}

// False: there is nothing to give, after all.
bool LastGoodSubscription::BeginGiving() {
  giving_ = std::make_unique<Giving>();
  auto& [messages, resources] = *giving_;
  while (!due_.empty() && resources.size() < kResourcesPerUpdate) {
    const std::string name = std::move(due_.extract(due_.begin()).value());
    const LastGoodStore::Record record = store_.FindFromFile(options_.set, name);
    if (record == nullptr || !messages.emplace_back().ParseFromString(*record)) continue;
    const auto& message = messages.back();
    resources.push_back({message.name(), base::SharedText(message.version()), &message.resource()});
    unconfirmed_.insert(name);
  }
  if (std::exchange(is_set_due_, false) || !resources.empty()) return true;
  giving_.reset();
  return false;
}

void LastGoodSubscription::NoteGiven(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    WEIR_LOG(kWarning, "xds", store_.path(), ": ", Printable(refusal.resource, 256), " of ",
             type_.type_url, " cannot be used any more: ", refusal.text);
    store_.Drop(options_.set, refusal.resource);
    Confirm(refusal.resource);
  }
  if (!sink_.IsDone()) return;
  giving_.reset();
  if (type_.is_complete_set && is_answered_) AwaitAbsence();
}

// The server has something newer for the sink, which drops what it is not done with; nobody knows
// how much of it that is.
std::unique_ptr<LastGoodSubscription::Giving> LastGoodSubscription::TakeBackUnfinished() {
  if (giving_ == nullptr) return nullptr;
  for (const Resource& resource : giving_->resources) {
    const std::string name(resource.name);
    if (unconfirmed_.contains(name)) due_.insert(name);
  }
  return std::move(giving_);
}

// From the server to the sink -------------------------------------------------------------------

std::vector<Refusal> LastGoodSubscription::OnUpdate(const Update& update) {
  const std::unique_ptr<Giving> replaced = TakeBackUnfinished();
  if (!std::exchange(is_answered_, true)) NoteAnswer();
  for (const Resource& resource : update.changed) due_.erase(std::string(resource.name));
  for (const std::string& name : update.removed) due_.erase(name);
  update_ = update;
  refusals_ = sink_.OnUpdate(update);
  const std::vector<Refusal> refusals = refusals_;
  if (sink_.IsDone()) EndUpdate();
  return refusals;
}

std::vector<Refusal> LastGoodSubscription::Continue() {
  std::vector<Refusal> more = sink_.Continue();
  std::copy(more.begin(), more.end(), std::back_inserter(refusals_));
  if (sink_.IsDone()) EndUpdate();
  return more;
}

// The first.
void LastGoodSubscription::NoteAnswer() {
  link_.OnAnswer();
  if (!type_.is_complete_set) return unwanted_timer_.Arm(kUnwantedMs);
  // What is left is the server's to send.
  due_.clear();
  is_set_due_ = false;
}

void LastGoodSubscription::EndUpdate() {
  const Update update = *std::exchange(update_, std::nullopt);
  Note(update, std::exchange(refusals_, {}));
  if (type_.is_complete_set && update.is_last) {
    was_set_given_ = true;
    store_.KeepSet(options_.set);
    if (is_serving() || !was_absence_told_) AwaitAbsence();
  }
  if (is_due()) link_.OnDue();
}

void LastGoodSubscription::Note(const Update& update, const std::vector<Refusal>& refusals) {
  absl::flat_hash_set<std::string> refused;
  for (const Refusal& refusal : refusals) refused.insert(refusal.resource);
  for (const Resource& resource : update.changed) {
    const std::string name(resource.name);
    if (!wants_all_ && !wanted_.contains(name)) continue;  // let go of meanwhile
    if (refused.contains(name)) {
      NoteRefused(name);
    } else {
      store_.Keep(options_.set, resource);
      Confirm(name);
    }
  }
  for (const std::string& name : update.removed) {
    store_.Drop(options_.set, name);
    Confirm(name);
  }
}

// Its last good version serves on. That of an earlier process is brought back.
void LastGoodSubscription::NoteRefused(const std::string& name) {
  if (store_.FindFromFile(options_.set, name) == nullptr) return;
  refused_.insert(name);
  if (unconfirmed_.contains(name)) return;
  due_.insert(name);
  link_.OnDue();
}

void LastGoodSubscription::Confirm(const std::string& name) {
  refused_.erase(name);
  if (unconfirmed_.erase(name) > 0 && unconfirmed_.empty()) link_.OnServingChanged();
}

// Not now: the verdict on the response is told after its last update.
void LastGoodSubscription::AwaitAbsence() {
  loop_.Post([self = std::weak_ptr<LastGoodSubscription*>(self_)] {
    if (auto alive = self.lock()) (*alive)->absence_timer_.Arm((*alive)->options_.absence_grace_ms);
  });
}

void LastGoodSubscription::RemoveAbsent() {
  // The sink is not done with something else.
  if (update_.has_value() || giving_ != nullptr) return absence_timer_.Arm(kLookSoonMs);
  // Of a response that was refused in part nobody knows what it lacks.
  if (!link_.WasAcceptedWhole(type_.type_url)) return absence_timer_.Arm(kLookAgainMs);
  if (!absent_since_ms_.has_value()) absent_since_ms_ = loop_.now_ms();
  const bool is_late = loop_.now_ms() - *absent_since_ms_ >= kUsersMs;
  if (is_serving() && !is_late && link_.IsStillNamed(*this)) {
    return absence_timer_.Arm(kLookSoonMs);
  }
  absent_since_ms_.reset();
  was_absence_told_ = true;
  const std::vector<std::string> absent = TakeAbsent();
  if (absent.empty()) return;
  WEIR_LOG(kInfo, "xds", absent.size(), " of ", type_.type_url, " from ", store_.path(),
           " are not with the control plane any more");
  sink_.OnUpdate({{}, absent, true});
  link_.OnServingChanged();
}

// From the store goes what was never given back, too.
std::vector<std::string> LastGoodSubscription::TakeAbsent() {
  std::vector<std::string> absent;
  for (const std::string& name : store_.NamesFromFile(options_.set)) {
    // One that was refused is with a delta server, whatever it sent since.
    if (!options_.sets_come_whole && refused_.contains(name)) continue;
    due_.erase(name);
    if (unconfirmed_.erase(name) > 0) absent.push_back(name);
    store_.Drop(options_.set, name);
  }
  return absent;
}

void LastGoodSubscription::DropUnwanted() {
  for (const std::string& name : store_.NamesFromFile(options_.set)) {
    if (!wanted_.contains(name)) store_.Drop(options_.set, name);
  }
}

bool LastGoodSubscription::IsOurs(const std::string& name) const {
  return unconfirmed_.contains(name) || due_.contains(name);
}

void LastGoodSubscription::OnFetchTimeout(absl::Span<const std::string> names) {
  if (names.empty()) {
    if (!was_set_given_ && !is_due()) sink_.OnFetchTimeout(names);
    return;
  }
  std::vector<std::string> unanswered;
  for (const std::string& name : names) {
    if (!IsOurs(name)) unanswered.push_back(name);
  }
  if (!unanswered.empty()) sink_.OnFetchTimeout(unanswered);
}

}  // namespace weir::xds::files
