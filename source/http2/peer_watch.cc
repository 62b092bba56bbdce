#include "source/http2/peer_watch.h"

#include <utility>

namespace weir::http2 {

PeerWatch::PeerWatch(event::Loop& loop, Owner& owner)
    : owner_(owner), timer_(loop, [this] { OnTimer(); }) {
  timer_.Arm(kSettleMs);
}

// Armed before it looks: the owner may end the connection, and this with it.
void PeerWatch::OnTimer() {
  if (std::exchange(is_settling_, false)) {
    timer_.Arm(kStepMs);
    return owner_.CheckSettled();
  }
  if (owner_.CheckProgress()) timer_.Arm(kStepMs);
}

}  // namespace weir::http2
