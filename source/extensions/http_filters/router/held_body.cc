#include "source/extensions/http_filters/router/held_body.h"

#include <sys/uio.h>

#include "absl/container/inlined_vector.h"

namespace weir::extensions::router {
namespace {

void Copy(const base::Buffer& from, base::Buffer& to) {
  absl::InlinedVector<iovec, 16> parts(16);
  int count = 0;
  while ((count = from.Gather(parts.data(), static_cast<int>(parts.size()))) ==
         static_cast<int>(parts.size())) {
    parts.resize(2 * parts.size());
  }
  for (int i = 0; i < count; ++i) {
    to.Append({static_cast<const char*>(parts[i].iov_base), parts[i].iov_len});
  }
}

}  // namespace

void HeldBody::Keep(const base::Buffer& body, size_t most_bytes) {
  if (is_lost_ || body.empty()) return;
  if (sent_.size() + body.size() > most_bytes) return StopKeeping();
  Copy(body, sent_);
}

void HeldBody::MoveAll(base::Buffer& into, size_t most_bytes) {
  if (!sent_.empty()) Copy(sent_, into);
  Keep(waiting_, most_bytes);
  into.Move(waiting_);
}

void HeldBody::StopKeeping() {
  is_lost_ = true;
  sent_.Clear();
}

void HeldBody::Clear() {
  waiting_.Clear();
  sent_.Clear();
}

}  // namespace weir::extensions::router
