#include "source/xds/sotw_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "source/xds/nack_detail.h"

namespace weir::xds {
namespace {

using envoy::service::discovery::v3::DiscoveryRequest;
using envoy::service::discovery::v3::DiscoveryResponse;

// google.rpc.Code: what Envoy answers with.
constexpr int kInternal = 13;

// It is kept, and sent back with every request.
constexpr size_t kMaxVersionBytes = 4096;

}  // namespace

SotwStream::SotwStream(ResourceType type, base::Random& random)
    : table_(std::move(type)), nack_backoff_(BackoffOptions(), random) {}

bool SotwStream::WantAll() {
  const bool changed = table_.WantAll();
  is_changed_ |= changed;
  return changed;
}

bool SotwStream::Want(std::string_view name, int64_t fetch_timeout_ms) {
  const bool changed = table_.Want(name, fetch_timeout_ms);
  is_changed_ |= changed;
  return changed;
}

bool SotwStream::Forget(std::string_view name) {
  const bool changed = table_.Forget(name);
  is_changed_ |= changed;
  return changed;
}

void SotwStream::OnDisconnect() {
  is_asked_ = sent_names_ = is_receiving_ = false;
  nonce_.clear();
  verdicts_.clear();
  held_.reset();
  refusals_in_a_row_ = 0;
  nack_backoff_.Reset();
  table_.ForgetAsked();
}

bool SotwStream::IsRequestDue(int64_t now_ms) const {
  if (!is_asked_) return table_.wants_anything();
  return is_changed_ || !verdicts_.empty() || (held_.has_value() && now_ms >= held_until_ms_);
}

void SotwStream::FillRequest(int64_t now_ms, DiscoveryRequest& request) {
  std::optional<Verdict> verdict = TakeVerdict(now_ms);
  request.set_type_url(type().type_url);
  request.set_version_info(verdict.has_value() ? verdict->version : version_);
  request.set_response_nonce(verdict.has_value() ? verdict->nonce : nonce_);
  if (verdict.has_value() && !verdict->error.empty()) {
    request.mutable_error_detail()->set_code(kInternal);
    request.mutable_error_detail()->set_message(verdict->error);
  }
  FillNames(request);
  is_asked_ = true;
  is_changed_ = false;
}

std::optional<SotwStream::Verdict> SotwStream::TakeVerdict(int64_t now_ms) {
  std::optional<Verdict> verdict;
  if (!verdicts_.empty()) {
    verdict = std::move(verdicts_.front());
    verdicts_.pop_front();
  } else if (held_.has_value() && (is_changed_ || now_ms >= held_until_ms_)) {
    // A change of what is wanted names the latest nonce, hence answers that response anyway.
    verdict = std::exchange(held_, std::nullopt);
  }
  return verdict;
}

void SotwStream::FillNames(DiscoveryRequest& request) {
  auto& names = *request.mutable_resource_names();
  table_.AppendNames(names);
  sent_names_ |= !names.empty();
  // Without any name ever said, an empty list is the wildcard every server knows.
  if (table_.wants_all() && sent_names_) names.Add("*");
}

std::optional<int64_t> SotwStream::NextDueMs() const {
  return held_.has_value() ? std::optional<int64_t>(held_until_ms_) : std::nullopt;
}

bool SotwStream::FillFarewell(DiscoveryRequest& request) const {
  // A server that was only ever asked for everything cannot be told to stop.
  if (!is_asked_ || !sent_names_) return false;
  request.set_type_url(type().type_url);
  request.set_version_info(version_);
  request.set_response_nonce(nonce_);
  return true;
}

Intake SotwStream::Receive(const DiscoveryResponse& response) {
  nonce_ = response.nonce();
  is_receiving_ = true;
  const size_t version_bytes = response.version_info().size();
  if (version_bytes <= kMaxVersionBytes) return table_.Sort(response);
  Intake intake;
  intake.refusals.push_back({"version_info", absl::StrCat("has ", version_bytes, " bytes, at most ",
                                                          kMaxVersionBytes, " are allowed")});
  return intake;
}

bool SotwStream::Answer(const DiscoveryResponse& response, const std::vector<Refusal>& refusals,
                        int64_t now_ms) {
  was_answered_ = true;
  const bool accepted = refusals.empty();
  if (accepted) version_ = response.version_info();
  // The stream may have ended while the sink was at work, and a nonce is good on its stream only.
  if (!std::exchange(is_receiving_, false)) return accepted;
  if (!accepted) {
    Refuse({response.nonce(), version_, NackDetail(refusals)}, now_ms);
    return false;
  }
  verdicts_.push_back({response.nonce(), version_, {}});
  held_.reset();
  refusals_in_a_row_ = 0;
  nack_backoff_.Reset();
  return true;
}

void SotwStream::Refuse(Verdict verdict, int64_t now_ms) {
  if (++refusals_in_a_row_ == 1) {
    verdicts_.push_back(std::move(verdict));
    return;
  }
  if (!held_.has_value()) held_until_ms_ = now_ms + nack_backoff_.NextMs();
  held_ = std::move(verdict);
}

}  // namespace weir::xds
