// The load report that a host sends with a response, in its headers or trailers (ORCA):
//
//   endpoint-load-metrics-bin: base64 of xds.data.orca.v3.OrcaLoadReport
//   endpoint-load-metrics: TEXT cpu_utilization=0.3, rps_fractional=10, named_metrics.queue=2
//   endpoint-load-metrics: JSON {"cpu_utilization": 0.3}
//   endpoint-load-metrics: BIN and base64 as above
#pragma once

#include <optional>

#include "source/balancing/load_report.h"
#include "source/http/header_map.h"

namespace weir::extensions::router {

// Nothing where there is none, or none that can be read.
std::optional<balancing::LoadReport> FindLoadReport(const http::HeaderMap& fields);

}  // namespace weir::extensions::router
