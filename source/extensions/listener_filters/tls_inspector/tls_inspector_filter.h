// Tells TLS from plaintext by a connection's first bytes and writes down what the client asks for,
// so that a filter chain can be chosen by server name and protocol. Takes nothing off the socket.
// One object a connection; worker's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "source/extensions/listener_filters/tls_inspector/inspected_hello.h"
#include "source/extensions/listener_filters/tls_inspector/tls_inspector_stats.h"
#include "source/filter/listener_filter.h"

namespace weir::extensions::tls_inspector {

struct TlsInspectorSettings {
  uint32_t max_hello_bytes = 16 * 1024;
  bool closes_malformed = false;
  std::shared_ptr<stats::Group<TlsInspectorStats>> stats;
};

class TlsInspectorFilter final : public filter::ListenerFilter {
 public:
  explicit TlsInspectorFilter(const TlsInspectorSettings& settings)
      : settings_(settings), reader_(settings.max_hello_bytes) {}

  // Room for a hello that came in small records; whoever sends still smaller ones is refused.
  size_t max_peek_bytes() const override { return 2 * settings_.max_hello_bytes; }
  Verdict OnAccept(filter::AcceptedSocket&) override { return Verdict::kNeedMore; }
  Verdict OnPeek(filter::AcceptedSocket& socket, std::string_view bytes, size_t& consume) override;

 private:
  void Note(filter::AcceptedSocket& socket, TlsInspectorStats& stats);

  const TlsInspectorSettings& settings_;
  ClientHelloReader reader_;
};

}  // namespace weir::extensions::tls_inspector
