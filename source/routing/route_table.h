// Which route a request takes. The first match in configuration order wins, found through an
// index, so that the last of 10,000 routes costs what the first does.
//
// Immutable after the parser built it; shared by all workers; Find allocates nothing (but for the
// cursors of a path that more than 32 different configured prefixes fit).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace weir::routing {

class RouteTable {
 public:
  virtual ~RouteTable();  // made by ParseRouteTable

  // Null when no virtual host or no route of it matches. `random` decides runtime fractions
  // (same value for the same request, so that a re-match agrees).
  const Route* Find(const http::RequestHead& head, uint64_t random) const;
  // Null when no domain matches.
  const VirtualHost* FindVirtualHost(std::string_view authority) const;
  // The member of `action.weighted` that `random` falls on; null when there is none. Independent of
  // what the same number decides in Find.
  static const WeightedCluster* Choose(const ForwardAction& action, uint64_t random);
  // The same for the request that takes `route` (may be null): a number in the header that the
  // route names stands in for `random`.
  static const WeightedCluster* Choose(const Route* route, const http::RequestHead& head,
                                       uint64_t random);

  const std::string& name() const { return name_; }
  const HeaderMutations& request_headers() const { return request_headers_; }
  const HeaderMutations& response_headers() const { return response_headers_; }
  const FilterConfigMap& filter_configs() const { return filter_configs_; }
  // Request headers, in lower case, that count only when they come from inside.
  absl::Span<const std::string> internal_only_headers() const { return internal_only_headers_; }
  bool most_specific_mutations_win() const { return most_specific_mutations_win_; }
  // What takes most of its memory, for who does not want all of it freed at once.
  std::vector<std::shared_ptr<const void>> parts() const;

 protected:
  friend class RouteTableFiller;
  RouteTable();

  struct Index;
  std::string name_;
  HeaderMutations request_headers_, response_headers_;
  FilterConfigMap filter_configs_;
  std::vector<std::string> internal_only_headers_;
  bool most_specific_mutations_win_ = false;
  std::unique_ptr<const Index> index_;
};

}  // namespace weir::routing
