// The admin's /stats in Envoy's two shapes, streamed:
//
//   plain   "cluster.web.upstream_rq_total: 7" a line, in order of name; then the histograms,
//           "NAME: P0(nan,1) P25(nan,1) …" (interval, cumulative) or "NAME: No recorded values"
//   JSON    {"stats":[{"name":"…","value":7},…,{"histograms":{…}}]}
//
// There is no interval here (it needs a flush period, which a pull has not): "nan", in JSON null.
// Any thread; the store may change meanwhile. Extra memory: some 100 bytes a group and a chunk.
#pragma once

#include "source/stats/selection.h"
#include "source/stats/stats.h"

namespace weir::stats {

void RenderPlain(const Store& store, const Selection& selection, Sink sink);
void RenderJson(const Store& store, const Selection& selection, Sink sink);

}  // namespace weir::stats
