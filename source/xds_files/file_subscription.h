// One type from one file: when it is read, and what its sink hears of it.
//
//   wanted or changed ──► kReading (on the file thread) ──► kDelivering, in slices ──► kIdle
//                            └── unusable: all stays as it is ─────────────────────────┘
//
// What becomes due meanwhile is done after it. Main loop's thread. Internal to xds/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/file_watcher.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/stats/stats.h"
#include "source/xds/delivery_pace.h"
#include "source/xds/discovery_stats.h"
#include "source/xds/fetch_waits.h"
#include "source/xds/resource_table.h"
#include "source/xds/subscription.h"
#include "source/xds_files/file_source.h"
#include "source/xds_files/resource_file.h"

namespace weir::xds::files {

class FileSubscription final : public Subscription, private event::TurnEndHook {
 public:
  FileSubscription(const FileSource::Context& context, const FileSource::Options& file,
                   ResourceType type, const SubscriptionOptions& options, ResourceSink& sink);
  ~FileSubscription() override;

  void AddAll() override;
  void Add(std::string_view name, int64_t initial_fetch_timeout_ms) override;
  void Remove(std::string_view name) override;

 private:
  enum class State { kIdle, kReading, kDelivering };
  // What the file thread found.
  struct Reading {
    explicit Reading(const std::string& path) : file(path) {}
    absl::Status status;
    FileIdentity identity;
    bool is_same = false;  // as before: not read
    ParsedFile file;
  };
  struct Delivery {
    explicit Delivery(ParsedFile parsed) : file(std::move(parsed)) {}
    ParsedFile file;
    Intake intake;
    DeliveryProgress progress;
    int64_t begun_ms = 0;
  };

  static std::unique_ptr<Reading> Read(const std::string& path, const ResourceType& type,
                                       const FileIdentity& known);

  void Watch();
  void OnFileChanged();
  void OnWanted();
  void OnTurnEnd() override;
  void BeginReading();
  void OnRead(std::unique_ptr<Reading> reading);
  void OnUnreadable(const absl::Status& status);

  void BeginDelivery(ParsedFile file);
  void RefuseFaulty();
  void ContinueDelivery();
  bool HasNewsForSink() const;
  void GoOnDelivering();
  void Conclude();
  void BeIdle();

  void AwaitAnswers();
  void OnFetchTimeout(uint32_t ask, const std::vector<std::string>& asked_for);
  void CountSuccess(int64_t duration_ms);
  void Report(const std::string& faults);

  const FileSource::Context context_;
  const FileSource::Options file_;
  const SubscriptionOptions options_;
  ResourceSink& sink_;
  ResourceTable table_;
  std::shared_ptr<stats::Group<DiscoveryStats>> stats_;  // null: none
  std::unique_ptr<event::FileWatcher::Watch> watch_;
  event::Timer search_timer_;  // while the directory cannot be watched

  State state_ = State::kIdle;
  bool is_wanted_anew_ = false;  // names were added: the file has to be read whatever it is
  bool is_touched_ = false;      // something happened in the directory
  FileIdentity identity_;        // of what was read last
  std::string version_;
  std::string report_;  // what the log said last; empty after a success
  std::unique_ptr<Delivery> delivery_;
  bool was_answered_ = false;

  FetchWaits fetches_;
  bool awaits_all_ = false;
  // What posted work holds of us, weakly.
  std::shared_ptr<FileSubscription*> self_;
};

}  // namespace weir::xds::files
