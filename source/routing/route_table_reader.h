// RouteConfiguration → RouteTable, a little at a time, so that a table of any size keeps no turn of
// the main loop long; and from one version to the next only what changed: a virtual host of the
// same bytes as one of the version before is that very object.
//
//   RouteTableReader reader(table, virtual_hosts, context, before, faults);
//   while (reader.Step()) …another turn, when this one has been long enough…
//   std::unique_ptr<const RouteTable> table = reader.Finish();
//
// A virtual host that names a file is read anew each time. Main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/config/faults.h"
#include "source/routing/route_parser.h"
#include "source/routing/route_table_filler.h"
#include "source/routing/route_table_index.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}

namespace weir::routing {

class RouteTableReader {
 public:
  // `table`: all but the virtual hosts, checked. `virtual_hosts`: their bytes. These, the context
  // and the faults outlive it; `before`, the version before, may be null and need not.
  RouteTableReader(const envoy::config::route::v3::RouteConfiguration& table,
                   std::vector<std::string_view> virtual_hosts, const ParseContext& context,
                   const RouteTable* before, config::Faults& faults);
  ~RouteTableReader();

  // Reads one more virtual host or route; false: there is no more.
  bool Step();
  // After that. Null exactly when faults were added.
  std::unique_ptr<const RouteTable> Finish();

  // Virtual hosts that were taken over, and those that were read.
  size_t kept() const { return kept_; }
  size_t read() const { return next_ - kept_; }

 private:
  struct Open;  // a virtual host of which not all routes are read
  using VirtualHostPtr = std::shared_ptr<const VirtualHostEntry>;

  void Begin(std::string_view bytes);
  void ReadRoute();
  void End();
  bool TakeOver(std::string_view bytes, uint64_t definition);
  VirtualHostPtr FindBefore(uint64_t definition);
  bool MayStillName(const VirtualHostEntry& virtual_host) const;

  const std::vector<std::string_view> virtual_hosts_;
  const ParseContext& context_;
  config::Faults& faults_;
  RouteTableFiller filler_;
  std::vector<VirtualHostPtr> before_;
  absl::flat_hash_map<uint64_t, size_t> places_before_;  // in it, by definition; made when needed
  size_t next_ = 0;
  size_t kept_ = 0;
  std::unique_ptr<Open> open_;
};

}  // namespace weir::routing
