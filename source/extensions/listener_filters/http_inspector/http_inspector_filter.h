// Writes down which HTTP a plaintext connection begins with, so that a filter chain can be chosen
// by it ("http/1.0", "http/1.1", "h2c"). What an earlier filter found to be TLS is passed by. Takes
// nothing off the socket. One object a connection; worker's thread.
#pragma once

#include <memory>

#include "source/extensions/listener_filters/http_inspector/http_inspector_stats.h"
#include "source/filter/listener_filter.h"

namespace weir::extensions::http_inspector {

class HttpInspectorFilter final : public filter::ListenerFilter {
 public:
  explicit HttpInspectorFilter(stats::Group<HttpInspectorStats>& stats) : stats_(stats) {}

  size_t max_peek_bytes() const override;
  Verdict OnAccept(filter::AcceptedSocket& socket) override;
  Verdict OnPeek(filter::AcceptedSocket& socket, std::string_view bytes, size_t& consume) override;

 private:
  stats::Group<HttpInspectorStats>& stats_;
};

}  // namespace weir::extensions::http_inspector
