// The admin's /stats/prometheus: text exposition format 0.0.4 under Envoy's names, streamed.
//
//   # TYPE envoy_cluster_upstream_rq_total counter
//   envoy_cluster_upstream_rq_total{envoy_cluster_name="web"} 7
//
// A family is "envoy_" + tagless prefix + field, invalid characters turned to "_"; as in Envoy,
// "upstream_rq_5xx" is upstream_rq_xx{envoy_response_code_class="5"} and "upstream_rq_503" is
// upstream_rq{envoy_response_code="503"}. Families come in order of name, each once with all its
// samples. Histograms have Envoy's default buckets. Any thread; the store may change meanwhile.
// Extra memory: some 100 bytes a group and a chunk, nothing a series.
#pragma once

#include "source/stats/selection.h"
#include "source/stats/stats.h"

namespace weir::stats {

void RenderPrometheus(const Store& store, const Selection& selection, Sink sink);

}  // namespace weir::stats
