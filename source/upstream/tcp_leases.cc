#include "source/upstream/tcp_leases.h"

#include <utility>

namespace weir::upstream {

TcpLease::TcpLease(ConnectionSlot slot, net::Connection& connection, bool was_well)
    : slot_(std::move(slot)), connection_(connection), was_well_(was_well) {}

TcpLease::~TcpLease() { slot_.host()->active_requests.fetch_sub(1, std::memory_order_relaxed); }

bool TcpLease::HasLostItsHost() {
  const bool has_failed = slot_.host()->has_failed();
  was_well_ = was_well_ || !has_failed;
  return was_well_ && has_failed;
}

void TcpLeases::Add(TcpLease& lease) {
  leases_.PushBack(lease);
  if (lease.HasLostItsHost()) CloseSoon(lease);
}

void TcpLeases::CloseLost() {
  leases_.ForEach([this](TcpLease& lease) {
    if (lease.HasLostItsHost()) CloseSoon(lease);
  });
}

void TcpLeases::CloseSoon(TcpLease& lease) {
  lease.Unlink();
  lost_.PushBack(lease);
  if (!timer_.is_armed()) timer_.Arm(0);
}

void TcpLeases::CloseSome() {
  for (int i = 0; i < kMostPerTurn && !lost_.empty(); ++i) lost_.PopFront().Close();
  if (!lost_.empty()) timer_.Arm(0);
}

}  // namespace weir::upstream
