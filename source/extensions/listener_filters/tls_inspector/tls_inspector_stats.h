// What TLS inspectors count, all of them together: "tls_inspector.…", Envoy's names.
#pragma once

#include "source/stats/stats.h"

namespace weir::extensions::tls_inspector {

struct TlsInspectorStats {
  stats::Counter client_hello_too_large, tls_found, tls_not_found, alpn_found, alpn_not_found,
      sni_found, sni_not_found;

#define WEIR_M(field) WEIR_METRIC(TlsInspectorStats, field)
  static constexpr stats::Metric kMetrics[] = {
      WEIR_M(client_hello_too_large), WEIR_M(tls_found), WEIR_M(tls_not_found), WEIR_M(alpn_found),
      WEIR_M(alpn_not_found),         WEIR_M(sni_found), WEIR_M(sni_not_found)};
#undef WEIR_M
};

}  // namespace weir::extensions::tls_inspector
