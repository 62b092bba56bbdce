// Tested by test/extensions/network_filters/http_connection_manager/http_stream_test.cc.
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"

#include "source/extensions/network_filters/http_connection_manager/hcm_connection.h"
#include "source/extensions/network_filters/http_connection_manager/http_stream.h"

namespace weir::extensions::http_connection_manager {

HcmWorker::HcmWorker(const event::Published<routing::RouteTable>& table, HcmStats& counters,
                     http2::Stats& http2_counters)
    : routes(table), stats(counters), http2_stats(http2_counters) {}

HcmWorker::~HcmWorker() = default;

HcmWorker& HcmConfig::Here() const {
  return workers.Here([this] {
    return std::make_unique<HcmWorker>(routes->table, stats->Here(), http2_stats->Here());
  });
}

std::unique_ptr<filter::TerminalFilter> HcmFilterConfig::CreateTerminal(
    const filter::ConnectionContext& context) const {
  return std::make_unique<HcmConnection>(config_, context);
}

}  // namespace weir::extensions::http_connection_manager
