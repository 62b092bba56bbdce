#include "source/extensions/listener_filters/original_dst/original_dst_filter.h"

#include <utility>

namespace weir::extensions::original_dst {

using Verdict = filter::ListenerFilter::Verdict;

Verdict OriginalDstFilter::OnAccept(filter::AcceptedSocket& socket) {
  net::Address original = lookup_(socket.fd, socket.local);
  if (original.is_set()) {
    socket.local = std::move(original);
    socket.is_redirected = true;
  }
  return Verdict::kContinue;
}

Verdict OriginalDstFilter::OnPeek(filter::AcceptedSocket&, std::string_view, size_t& consume) {
  consume = 0;
  return Verdict::kContinue;
}

}  // namespace weir::extensions::original_dst
