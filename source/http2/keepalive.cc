#include "source/http2/keepalive.h"

#include <algorithm>

#include "source/base/random.h"

namespace weir::http2 {

Keepalive::Keepalive(event::Loop& loop, const KeepaliveOptions& options, Stats& stats, Owner& owner)
    : loop_(loop),
      options_(options),
      stats_(stats),
      owner_(owner),
      timer_(loop, [this] { OnTimer(); }),
      heard_ms_(loop.now_ms()) {
  Wait();
}

// The jitter keeps connections that were opened together from asking together for ever.
void Keepalive::Wait() {
  is_asking_ = false;
  if (options_.interval_ms == 0) return timer_.Cancel();
  const double most_ms = static_cast<double>(options_.interval_ms) * options_.jitter_percent / 100;
  const double jitter_ms = most_ms * base::Random::OfThread().Fraction();
  timer_.Arm(options_.interval_ms + static_cast<int64_t>(jitter_ms));
}

void Keepalive::Ask() {
  is_asking_ = true;
  asked_ms_ = loop_.now_ms();
  timer_.Arm(options_.timeout_ms);
  owner_.SendPing();
}

void Keepalive::OnStreamStarts() {
  if (options_.idle_interval_ms == 0 || is_asking_) return;
  if (loop_.now_ms() - heard_ms_ >= options_.idle_interval_ms) Ask();
}

void Keepalive::OnPingAck() {
  if (is_asking_) Wait();
}

void Keepalive::OnTimer() {
  if (!is_asking_) return Ask();
  const int64_t left_ms = std::max(heard_ms_, asked_ms_) + options_.timeout_ms - loop_.now_ms();
  if (left_ms > 0) return timer_.Arm(left_ms);
  stats_.keepalive_timeout.Add();
  owner_.OnPeerLost();
}

}  // namespace weir::http2
