#include "source/extensions/network_filters/tcp_proxy/bulk_direction.h"

namespace weir::extensions::tcp_proxy {

void BulkDirection::Begin(net::Connection& source, net::Connection& sink) {
  run_bytes_ = 0;  // where it is not possible now, it may be after as much again
  if (!is_pumping()) pump_ = net::SplicePump::Start(source, sink);
}

}  // namespace weir::extensions::tcp_proxy
