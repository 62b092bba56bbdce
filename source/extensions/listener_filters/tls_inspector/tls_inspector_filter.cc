#include "source/extensions/listener_filters/tls_inspector/tls_inspector_filter.h"

#include <utility>

namespace weir::extensions::tls_inspector {

using Verdict = filter::ListenerFilter::Verdict;

Verdict TlsInspectorFilter::OnPeek(filter::AcceptedSocket& socket, std::string_view bytes,
                                   size_t& consume) {
  using enum ClientHelloReader::Outcome;
  consume = 0;
  const ClientHelloReader::Outcome outcome = reader_.Read(bytes);
  if (outcome == kNeedMore) return Verdict::kNeedMore;
  TlsInspectorStats& stats = settings_.stats->Here();
  switch (outcome) {
    case kFound:
      Note(socket, stats);
      return Verdict::kContinue;
    case kTooLarge:
      stats.client_hello_too_large.Add();
      return Verdict::kClose;
    case kMalformed:
      stats.tls_not_found.Add();
      return settings_.closes_malformed ? Verdict::kClose : Verdict::kContinue;
    default:
      stats.tls_not_found.Add();
      return Verdict::kContinue;
  }
}

void TlsInspectorFilter::Note(filter::AcceptedSocket& socket, TlsInspectorStats& stats) {
  ClientHello& hello = reader_.hello();
  stats.tls_found.Add();
  (hello.server_name.empty() ? stats.sni_not_found : stats.sni_found).Add();
  (hello.application_protocols.empty() ? stats.alpn_not_found : stats.alpn_found).Add();
  socket.transport_protocol = "tls";
  socket.server_name = std::move(hello.server_name);
  socket.application_protocols = std::move(hello.application_protocols);
}

}  // namespace weir::extensions::tls_inspector
