#include "source/extensions/http_filters/router/held_body.h"

namespace weir::extensions::router {

void HeldBody::Keep(const base::Buffer& body, bool is_wanted) {
  if (is_lost_ || body.empty()) return;
  if (!is_wanted || sent_.size() + body.size() > kLimitBytes) return StopKeeping();
  sent_.Append(body.ToString());
}

void HeldBody::MoveAll(base::Buffer& into, bool is_wanted) {
  if (!sent_.empty()) into.Append(sent_.ToString());
  Keep(waiting_, is_wanted);
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
