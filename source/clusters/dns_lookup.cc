#include "source/clusters/dns_lookup.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/base/random.h"

namespace weir::clusters {

DnsLookup::DnsLookup(event::Loop& main, net::DnsResolver& resolver,
                     const upstream::DnsConfig& config, std::string name, OnOutcome on_outcome)
    : resolver_(resolver),
      config_(config),
      name_(std::move(name)),
      on_outcome_(std::move(on_outcome)),
      timer_(main, [this] { Start(); }) {}

void DnsLookup::Start() {
  query_ = resolver_.Resolve(name_, config_.family, [this](absl::StatusOr<net::DnsAnswer> answer) {
    OnAnswer(std::move(answer));
  });
}

void DnsLookup::OnAnswer(absl::StatusOr<net::DnsAnswer> answer) {
  is_settled_ = true;
  if (absl::IsNotFound(answer.status())) answer = net::DnsAnswer{};
  if (!answer.ok()) {
    WEIR_LOG(kWarning, "upstream", "cannot look up '", name_, "': ", answer.status().message());
    timer_.Arm(WaitAfterFailure());
    on_outcome_(Outcome::kFailed);
    return;
  }
  failures_ = 0;
  addresses_ = std::move(answer->addresses);
  timer_.Arm(WaitAfterAnswer(answer->ttl_s));
  on_outcome_(Outcome::kAnswered);
}

int64_t DnsLookup::WaitAfterAnswer(int64_t ttl_s) {
  const int64_t wait_ms = config_.respects_ttl && ttl_s > 0 ? ttl_s * 1000 : config_.refresh_ms;
  if (config_.jitter_ms == 0) return wait_ms;
  return wait_ms + static_cast<int64_t>(base::Random::OfThread().Below(config_.jitter_ms + 1));
}

// Doubles from the base to the maximum; half of it is random, so that a fleet does not come back
// to a recovering name server all at once.
int64_t DnsLookup::WaitAfterFailure() {
  if (config_.failure_base_ms == 0) return WaitAfterAnswer(0);
  const int doublings = std::min(failures_++, 30);
  int64_t wait_ms = config_.failure_base_ms;
  for (int i = 0; i < doublings && wait_ms < config_.failure_max_ms; ++i) wait_ms *= 2;
  wait_ms = std::min(wait_ms, config_.failure_max_ms);
  return wait_ms - static_cast<int64_t>(base::Random::OfThread().Below(wait_ms / 2 + 1));
}

}  // namespace weir::clusters
