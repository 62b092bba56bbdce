// Resources from a file, as path_config_source says: read when they are wanted and again whenever
// the file changes. Wiring:
//
//   xds::FileThread thread(loop);        event::FileWatcher watcher(loop);
//   xds::FileSource source({loop, watcher, thread, store}, {.path = "/etc/weir/cds.yaml"});
//   auto cds = source.Subscribe(ClusterType(), {}, clusters);  cds->AddAll();
//
// - The constructor does nothing; the file may be missing, which is an error in the log that names
//   it, and it is looked for until it is there. Initial fetch timeouts run from when a resource is
//   added, as over a stream.
// - The file is read and parsed on `thread`, and goes to the sink in slices: a big one does not
//   stall the loop.
// - Watched is the directory that the path names, or `watched_directory` instead; a file that is
//   there under the same identity (inode, size, times) is not read again. Of a file whose name is a
//   symbolic link into another directory only the link is watched.
// - A resource with a fault keeps its last good version, as do all of a file that cannot be read,
//   is truncated or gone. The log says file:line:column: path: what; nobody is told ACK or NACK.
// - For complete sets (CDS, LDS) what the file lacks is removed; for other types it is not.
// - One source may serve several types at a time, though a file holds one: its other subscriptions
//   are told what is wrong. A thousand sources share one thread and one watcher.
//
// Main loop's thread only; outlives its subscriptions.
#pragma once

#include <memory>
#include <string>

#include "source/event/file_watcher.h"
#include "source/event/loop.h"
#include "source/stats/stats.h"
#include "source/xds/subscription.h"
#include "source/xds_files/file_thread.h"

namespace weir::xds::files {

class FileSource final : public ResourceSource {
 public:
  // All outlive the source and its subscriptions.
  struct Context {
    event::Loop& loop;
    event::FileWatcher& watcher;
    FileThread& thread;
    stats::Store& store;
  };
  struct Options {
    std::string path = {};
    std::string watched_directory = {};  // empty: the one that `path` is in
  };

  FileSource(const Context& context, Options options);

  std::unique_ptr<Subscription> Subscribe(ResourceType type, const SubscriptionOptions& options,
                                          ResourceSink& sink) override;

 private:
  const Context context_;
  const Options options_;
};

}  // namespace weir::xds::files
