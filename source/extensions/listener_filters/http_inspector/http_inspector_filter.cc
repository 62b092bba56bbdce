#include "source/extensions/listener_filters/http_inspector/http_inspector_filter.h"

#include "source/extensions/listener_filters/http_inspector/request_guess.h"

namespace weir::extensions::http_inspector {

using Verdict = filter::ListenerFilter::Verdict;

// More than a request line: it ends in "not HTTP" rather than in a refusal.
size_t HttpInspectorFilter::max_peek_bytes() const { return kMaxRequestLineBytes + 1; }

Verdict HttpInspectorFilter::OnAccept(filter::AcceptedSocket& socket) {
  return socket.transport_protocol == "tls" ? Verdict::kContinue : Verdict::kNeedMore;
}

Verdict HttpInspectorFilter::OnPeek(filter::AcceptedSocket& socket, std::string_view bytes,
                                    size_t& consume) {
  consume = 0;
  const Guess guess = GuessRequest(bytes);
  if (guess == Guess::kNeedMore) return Verdict::kNeedMore;
  HttpInspectorStats& stats = stats_.Here();
  switch (guess) {
    case Guess::kHttp10:
      stats.http10_found.Add();
      socket.application_protocols = {"http/1.0"};
      break;
    case Guess::kHttp11:
      stats.http11_found.Add();
      socket.application_protocols = {"http/1.1"};
      break;
    case Guess::kHttp2:
      stats.http2_found.Add();
      socket.application_protocols = {"h2c"};
      break;
    default:
      stats.http_not_found.Add();
      break;
  }
  return Verdict::kContinue;
}

}  // namespace weir::extensions::http_inspector
