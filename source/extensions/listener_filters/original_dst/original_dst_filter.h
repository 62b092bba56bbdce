// Makes the address that a redirected connection was going to its local address, by which filter
// chains are chosen, logs are written and ORIGINAL_DST clusters find their host. A connection that
// was not redirected is left as it is. Reads nothing. One object a connection; worker's thread.
#pragma once

#include "source/filter/listener_filter.h"

namespace weir::extensions::original_dst {

class OriginalDstFilter final : public filter::ListenerFilter {
 public:
  // As net::OriginalDestination, which tests replace.
  using Lookup = net::Address (*)(int fd, const net::Address& local);

  explicit OriginalDstFilter(Lookup lookup) : lookup_(lookup) {}

  size_t max_peek_bytes() const override { return 0; }
  Verdict OnAccept(filter::AcceptedSocket& socket) override;
  Verdict OnPeek(filter::AcceptedSocket&, std::string_view, size_t& consume) override;

 private:
  const Lookup lookup_;
};

}  // namespace weir::extensions::original_dst
