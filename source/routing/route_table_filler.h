// Fills a RouteTable, one virtual host after the other; what it cannot fill is a fault. Main
// thread.
//
//   RouteTableFiller filler(proto, context, faults);
//   for (…) {
//     config::Faults::Scope scope(faults, "virtual_hosts", i);
//     filler.AddDomains(…);
//     filler.AddVirtualHost(ParseVirtualHost(…));
//   }
//   std::unique_ptr<const RouteTable> table = std::move(filler).Finish();
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "source/config/faults.h"
#include "source/routing/host_index.h"
#include "source/routing/route_parser.h"
#include "source/routing/route_table_index.h"

namespace envoy::config::route::v3 {
class RouteConfiguration;
}

namespace weir::routing {

class RouteTableFiller {
 public:
  // Of `proto` all but the virtual hosts counts. All outlive it.
  RouteTableFiller(const envoy::config::route::v3::RouteConfiguration& proto,
                   const ParseContext& context, config::Faults& faults);
  ~RouteTableFiller();
  RouteTableFiller(const RouteTableFiller&) = delete;
  RouteTableFiller& operator=(const RouteTableFiller&) = delete;

  static const RouteTable::Index& IndexOf(const RouteTable& table) { return *table.index_; }

  // What virtual hosts take from the table.
  const RouteDefaults& defaults() const;

  // The domains of the virtual host that is added next.
  void AddDomains(const std::vector<std::string_view>& domains);
  void AddVirtualHost(std::shared_ptr<const VirtualHostEntry> virtual_host);

  // Null exactly when faults were added.
  std::unique_ptr<const RouteTable> Finish() &&;

 private:
  void FillTable(const envoy::config::route::v3::RouteConfiguration& proto,
                 const ParseContext& context);

  config::Faults& faults_;
  const size_t faults_before_;
  const bool ignores_port_;
  std::unique_ptr<RouteTable> table_;
  std::unique_ptr<RouteTable::Index> index_;
  HostIndex::Builder hosts_;
};

}  // namespace weir::routing
