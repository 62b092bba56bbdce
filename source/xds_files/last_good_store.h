// The last good resources of a control plane, in memory and in a file, for a start at which there
// is no control plane. Wiring:
//
//   xds::LastGoodStore store(loop, thread, {.path = …, .node_id = …}, stats);
//   store.Load();                      // before anything is served
//   xds::LastGoodSource source(loop, ads, store, …);     // keeps, and gives back
//   store.Freeze();                    // before draining takes the configuration apart
//
// Saving is debounced and happens on `thread`, from records that the loop's thread only copies
// pointers of: a save of 10,000 resources costs the loop a millisecond. It is atomic: the file is
// always the old one or the new one. A file that is damaged, of another node, or that others may
// have written is refused with a line in the log, and things go on as without one.
//
// Costs memory: a serialised copy of every resource. Main loop's thread but for is_serving().
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/stats/stats.h"
#include "source/xds/subscription.h"
#include "source/xds_files/file_thread.h"
#include "source/xds_files/last_good_format.h"

namespace weir::xds::files {

// "control_plane.last_good"
struct LastGoodStats {
  stats::Gauge serving;    // 1: something serves that the control plane has not confirmed
  stats::Gauge resources;  // that are kept
  stats::Counter saved;
  stats::Counter save_failed;
  stats::Counter load_refused;
  static const stats::Metric kMetrics[5];
};

inline constexpr stats::Metric LastGoodStats::kMetrics[] = {
    WEIR_METRIC(LastGoodStats, serving), WEIR_METRIC(LastGoodStats, resources),
    WEIR_METRIC(LastGoodStats, saved), WEIR_METRIC(LastGoodStats, save_failed),
    WEIR_METRIC(LastGoodStats, load_refused)};

class LastGoodStore {
 public:
  using Record = LastGoodFile::Record;
  struct Options {
    std::string path = {};
    // Whose resources they are: those of another are refused.
    std::string node_id = {};
    std::string node_cluster = {};
    // From a change to the save, and between saves at least.
    int64_t save_after_ms = 1'000;
    int64_t save_interval_ms = 10'000;
  };
  // The limit of what is read.
  static constexpr size_t kMaxFileBytes = size_t{1} << 30;

  // `loop` and `thread` outlive it.
  LastGoodStore(event::Loop& loop, FileThread& thread, Options options, stats::Store& store);
  // Saves what is not saved yet.
  ~LastGoodStore();
  LastGoodStore(const LastGoodStore&) = delete;
  LastGoodStore& operator=(const LastGoodStore&) = delete;

  // False when the file was refused; that there is none is fine. Blocks.
  bool Load();
  // From now on nothing changes; what is not saved yet is saved.
  void Freeze();

  // A set is one type of one source. It is known once it was kept, if only as an empty one.
  void Keep(const std::string& set, const Resource& resource);
  void Drop(const std::string& set, std::string_view name);
  void KeepSet(const std::string& set);
  bool Knows(const std::string& set) const { return sets_.contains(set); }
  // Those that came from the file and were not kept since; sorted.
  std::vector<std::string> NamesFromFile(const std::string& set) const;
  // Null unless there is one from the file that was not kept since.
  Record FindFromFile(const std::string& set, std::string_view name) const;

  // A source begins (1) or ends (-1) to serve what came from the file.
  void CountServing(int change);
  // Whether one does. Any thread.
  bool is_serving() const { return serving_.load(std::memory_order_relaxed) > 0; }
  const std::string& path() const { return options_.path; }

 private:
  struct Entry {
    Record record;
    bool is_from_file = false;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  void Take(const LastGoodFile& file);
  void Touch();
  void BeginSaving();
  void OnSaved(const absl::Status& status);
  LastGoodFile Snapshot() const;
  void Count(const absl::Status& status);
  LastGoodStats& stats() { return stats_->Here(); }

  event::Loop& loop_;
  FileThread& thread_;
  const Options options_;
  const std::shared_ptr<stats::Group<LastGoodStats>> stats_;
  std::map<std::string, Entries> sets_;
  std::atomic<int> serving_{0};  // sources
  bool is_frozen_ = false;
  bool is_dirty_ = false;
  bool is_saving_ = false;
  int64_t may_save_ms_ = 0;
  std::string last_failure_;
  event::Timer save_timer_;
  // What posted work holds of us, weakly.
  std::shared_ptr<LastGoodStore*> self_;
};

}  // namespace weir::xds::files
