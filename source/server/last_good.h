// --last-good-file: what the control plane sent is kept on disk, and serves when Weir starts and no
// control plane is there. Puts the parts of xds/ together and decides what is kept: secrets only
// when that was asked for in words, because private keys would be on the disk.
//
// Main thread but for is_serving(). Its subscriptions end before it, and it before `ads`.
#pragma once

#include <memory>

#include "envoy/config/core/v3/base.pb.h"
#include "source/event/loop.h"
#include "source/server/options.h"
#include "source/stats/stats.h"
#include "source/xds/discovery_client.h"
#include "source/xds/discovery_methods.h"
#include "source/xds_files/file_thread.h"
#include "source/xds_files/last_good_source.h"
#include "source/xds_files/last_good_store.h"

namespace weir::server {

class LastGood {
 public:
  struct Context {
    event::Loop& main;
    xds::files::FileThread& thread;
    stats::Store& stats;
    xds::DiscoveryClient& ads;
    xds::Protocol protocol;  // that `ads` speaks
  };
  // Loads the file. What the context names outlives it.
  LastGood(const Options& options, const envoy::config::core::v3::Node& node,
           const Context& context);

  // Stands in for the control plane's.
  xds::ResourceSource& source() { return source_; }
  // The control plane is dialled from now on.
  void Start() { source_.Start(); }
  // Before the configuration is taken apart: what happens from now on is not kept.
  void Freeze() { store_.Freeze(); }
  // Any thread.
  bool is_serving() const { return store_.is_serving(); }

 private:
  xds::files::LastGoodStore store_;
  xds::files::LastGoodSource source_;
};

}  // namespace weir::server
