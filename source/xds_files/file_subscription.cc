// Tested by test/xds_files/file_source_test.cc.
#include "source/xds_files/file_subscription.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/event/turn_budget.h"
#include "source/xds/nack_detail.h"
#include "source/xds/version_hash.h"

namespace weir::xds::files {
namespace {

constexpr size_t kMaxLoggedFaults = 20;

}  // namespace

FileSubscription::FileSubscription(const FileSource::Context& context,
                                   const FileSource::Options& file, ResourceType type,
                                   const SubscriptionOptions& options, ResourceSink& sink)
    : context_(context),
      file_(file),
      options_(options),
      sink_(sink),
      table_(std::move(type)),
      search_timer_(context.loop, [this] { OnFileChanged(); }),
      fetches_(context.loop,
               [this](uint32_t ask, const auto& names) { OnFetchTimeout(ask, names); }),
      self_(std::make_shared<FileSubscription*>(this)) {
  const std::string& prefix = table_.type().stats_prefix;
  if (!prefix.empty()) stats_ = context_.store.AddGroup<DiscoveryStats>(prefix);
  Watch();
}

FileSubscription::~FileSubscription() = default;

void FileSubscription::AddAll() {
  if (table_.WantAll()) OnWanted();
}

void FileSubscription::Add(std::string_view name, int64_t initial_fetch_timeout_ms) {
  const int64_t timeout_ms = initial_fetch_timeout_ms == kDefaultTimeout
                                 ? options_.initial_fetch_timeout_ms
                                 : initial_fetch_timeout_ms;
  if (table_.Want(name, timeout_ms)) OnWanted();
}

void FileSubscription::Remove(std::string_view name) {
  if (!table_.Forget(name) || delivery_ == nullptr || table_.wants_all()) return;
  delivery_->intake.Drop(name, delivery_->progress.first(), delivery_->progress.next());
}

// When to read --------------------------------------------------------------------------------

void FileSubscription::Watch() {
  auto watch =
      context_.watcher.WatchDirectory(file_.watched_directory, [this] { OnFileChanged(); });
  if (watch.ok()) {
    watch_ = *std::move(watch);
  } else {
    search_timer_.Arm(event::FileWatcher::kSearchMs);
  }
}

void FileSubscription::OnFileChanged() {
  if (watch_ == nullptr) Watch();
  is_touched_ = true;
  context_.loop.AtTurnEnd(*this);
}

void FileSubscription::OnWanted() {
  is_wanted_anew_ = true;
  context_.loop.AtTurnEnd(*this);
}

void FileSubscription::OnTurnEnd() {
  const bool is_due = (is_wanted_anew_ || is_touched_) && table_.wants_anything();
  if (is_due && state_ == State::kIdle) BeginReading();
}

void FileSubscription::BeginReading() {
  AwaitAnswers();
  const FileIdentity known = is_wanted_anew_ ? FileIdentity() : identity_;
  is_wanted_anew_ = is_touched_ = false;
  state_ = State::kReading;
  auto self = std::weak_ptr<FileSubscription*>(self_);
  context_.thread.Run([path = file_.path, type = table_.type(), known,
                       self = std::move(self)]() mutable -> FileThread::Answer {
    return [reading = Read(path, type, known), self = std::move(self)]() mutable {
      if (auto alive = self.lock()) (*alive)->OnRead(std::move(reading));
    };
  });
}

// On the file thread.
std::unique_ptr<FileSubscription::Reading> FileSubscription::Read(const std::string& path,
                                                                  const ResourceType& type,
                                                                  const FileIdentity& known) {
  auto reading = std::make_unique<Reading>(path);
  const absl::StatusOr<FileIdentity> identity = IdentifyFile(path);
  reading->is_same = identity.ok() && *identity == known;
  if (reading->is_same) return reading;
  absl::StatusOr<FileContent> content = ReadResourceFile(path);
  reading->status = content.status();
  if (!content.ok()) return reading;
  reading->identity = content->identity;
  reading->file = ParseResourceFile(path, content->bytes, type);
  return reading;
}

void FileSubscription::OnRead(std::unique_ptr<Reading> reading) {
  state_ = State::kIdle;
  // Its writer will be heard of once more.
  if (reading->is_same || absl::IsAborted(reading->status)) return BeIdle();
  identity_ = reading->identity;
  // Other files of its directory come and go while it is missing.
  if (!reading->status.ok() && reading->status.message() == absl::string_view(report_)) {
    return BeIdle();
  }
  if (stats_ != nullptr) stats_->Here().update_attempt.Add();
  if (!reading->status.ok()) return OnUnreadable(reading->status);
  if (reading->file.response != nullptr) return BeginDelivery(std::move(reading->file));
  if (stats_ != nullptr) stats_->Here().update_rejected.Add();
  Report(reading->file.faults.ToString());
  BeIdle();
}

void FileSubscription::OnUnreadable(const absl::Status& status) {
  if (stats_ != nullptr) stats_->Here().update_failure.Add();
  Report(std::string(status.message()));
  BeIdle();
}

void FileSubscription::BeIdle() {
  state_ = State::kIdle;
  if (is_wanted_anew_ || is_touched_) context_.loop.AtTurnEnd(*this);
}

// What the sink hears -------------------------------------------------------------------------

void FileSubscription::BeginDelivery(ParsedFile file) {
  state_ = State::kDelivering;
  delivery_ = std::make_unique<Delivery>(std::move(file));
  delivery_->begun_ms = context_.loop.now_ms();
  table_.Sort(delivery_->file.batch, delivery_->intake);
  RefuseFaulty();
  ContinueDelivery();
}

// What has faults already is not for the sink, and not told twice.
void FileSubscription::RefuseFaulty() {
  ParsedFile& file = delivery_->file;
  Intake& intake = delivery_->intake;
  std::vector<std::string> faulty;
  for (size_t i = 0; i < intake.changed.size(); ++i) {
    const auto place = file.places.find(base::ToAbsl(intake.changed[i].name));
    if (place == file.places.end() || !place->second.is_faulty) continue;
    const Refusal refusal{faulty.emplace_back(intake.changed[i].name), "has faults"};
    table_.Settle(intake, i, 1, {&refusal, 1});
  }
  for (const std::string& name : faulty) intake.Drop(name, 0, 0);
  for (const Refusal& refusal : intake.refusals) {
    const auto place = file.places.find(refusal.resource);
    const bool is_told = place != file.places.end() ? place->second.is_faulty
                                                    : file.faults.HasFaultIn(refusal.resource);
    if (!is_told) file.AddFault(refusal.resource, refusal.text);
  }
}

void FileSubscription::ContinueDelivery() {
  const event::TurnBudget budget(context_.loop);
  while (HasNewsForSink()) {
    GoOnDelivering();
    const bool is_unfinished = delivery_->progress.is_unfinished();
    if (!is_unfinished && (!HasNewsForSink() || !budget.is_spent())) continue;
    context_.loop.Post([self = std::weak_ptr<FileSubscription*>(self_)] {
      if (auto alive = self.lock()) (*alive)->ContinueDelivery();
    });
    return;
  }
  Conclude();
}

bool FileSubscription::HasNewsForSink() const {
  const bool is_first_set = table_.type().is_complete_set && !was_answered_;
  return delivery_->progress.HasNews(delivery_->intake, is_first_set);
}

// The next update, or a turn's worth of the last.
void FileSubscription::GoOnDelivering() {
  auto& [file, intake, progress, begun_ms] = *delivery_;
  const std::optional<std::vector<Refusal>> refusals =
      progress.is_unfinished() ? progress.Continue(sink_)
                               : progress.Deliver(progress.Next(intake), sink_);
  if (!refusals.has_value()) return;
  table_.Settle(intake, progress.first(), progress.next() - progress.first(), *refusals);
  for (const Refusal& refusal : *refusals) file.AddFault(refusal.resource, refusal.text);
}

void FileSubscription::Conclude() {
  const std::unique_ptr<Delivery> delivery = std::move(delivery_);
  const config::Faults& faults = delivery->file.faults;
  was_answered_ = true;
  for (const config::Fault& ignored : faults.ignored()) {
    WEIR_LOG(kDebug, "xds", file_.path, ": ", ignored.path, ": ", ignored.text);
  }
  if (faults.ok()) {
    version_ = delivery->file.response->version_info();
    report_.clear();
    WEIR_LOG(kInfo, "xds", file_.path, ": version ", Printable(version_, 256), " of ",
             table_.type().type_url, " accepted: ", delivery->intake.changed.size(), " changed, ",
             delivery->intake.removed.size(), " removed");
    CountSuccess(context_.loop.now_ms() - delivery->begun_ms);
  } else {
    if (stats_ != nullptr) stats_->Here().update_rejected.Add();
    Report(faults.ToString());
  }
  BeIdle();
}

void FileSubscription::CountSuccess(int64_t duration_ms) {
  if (stats_ == nullptr) return;
  DiscoveryStats& stats = stats_->Here();
  stats.update_success.Add();
  stats.update_duration.Record(static_cast<uint64_t>(duration_ms));
  stats.update_time.Set(context_.loop.wall_us() / 1000);
  stats.version.Set(VersionHash(version_));
}

// A line a fault, and only when it is another than before: the file may be read for other reasons.
void FileSubscription::Report(const std::string& faults) {
  if (std::exchange(report_, faults) == faults) return;
  const std::vector<std::string> lines = absl::StrSplit(faults, '\n');
  for (size_t i = 0; i < std::min(lines.size(), kMaxLoggedFaults); ++i) {
    WEIR_LOG(kError, "xds", lines[i]);
  }
  if (lines.size() > kMaxLoggedFaults) {
    WEIR_LOG(kError, "xds", file_.path, ": and ", lines.size() - kMaxLoggedFaults, " more");
  }
}

// Initial fetch timeouts ----------------------------------------------------------------------

void FileSubscription::AwaitAnswers() {
  const uint32_t ask = fetches_.BeginAsk();
  if (table_.wants_all() && !was_answered_ && !std::exchange(awaits_all_, true)) {
    fetches_.Await({}, options_.initial_fetch_timeout_ms);
  }
  for (const auto& [timeout_ms, names] : table_.TakeUnasked(ask)) {
    fetches_.Await(names, timeout_ms);
  }
}

void FileSubscription::OnFetchTimeout(uint32_t ask, const std::vector<std::string>& asked_for) {
  const bool is_for_all = asked_for.empty();
  const std::vector<std::string> names = table_.GiveUp(asked_for, ask);
  if (is_for_all ? was_answered_ : names.empty()) return;
  if (stats_ != nullptr) stats_->Here().init_fetch_timeout.Add();
  WEIR_LOG(kWarning, "xds", file_.path, " did not have ",
           is_for_all ? "anything usable" : Printable(names.front(), 256),
           names.size() > 1 ? absl::StrCat(" and ", names.size() - 1, " more") : "", " in time");
  sink_.OnFetchTimeout(names);
}

}  // namespace weir::xds::files
