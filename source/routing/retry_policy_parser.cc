#include "source/routing/retry_policy_parser.h"

#include <algorithm>
#include <string>

#include "envoy/config/route/v3/route_components.pb.h"
#include "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.pb.h"
#include "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.pb.h"
#include "source/base/strings.h"
#include "source/config/load.h"
#include "source/routing/field_parser.h"

namespace weir::routing {

namespace {

struct NamedBit {
  std::string_view name;
  uint32_t bit;
};

constexpr NamedBit kRetryNames[] = {
    {"5xx", kRetry5xx},
    {"gateway-error", kRetryGatewayError},
    {"reset", kRetryReset},
    {"reset-before-request", kRetryResetBeforeRequest},
    {"connect-failure", kRetryConnectFailure},
    {"refused-stream", kRetryRefusedStream},
    {"retriable-4xx", kRetryRetriable4xx},
    {"retriable-status-codes", kRetryRetriableStatusCodes},
    {"envoy-ratelimited", kRetryEnvoyRateLimited},
    {"cancelled", kRetryGrpcCancelled},
    {"deadline-exceeded", kRetryGrpcDeadlineExceeded},
    {"internal", kRetryGrpcInternal},
    {"resource-exhausted", kRetryGrpcResourceExhausted},
    {"unavailable", kRetryGrpcUnavailable},
};

// Envoy's, of protocols and fields that Weir does not read: never retrying on them changes no
// request's path, so they are accepted and listed as ignored.
constexpr std::string_view kUnsupportedNames[] = {"retriable-headers",
                                                  "http3-post-connect-failure"};

uint32_t BitOf(std::string_view name) {
  for (const NamedBit& known : kRetryNames) {
    if (known.name == name) return known.bit;
  }
  return 0;
}

bool IsEnvoys(std::string_view name) {
  return std::find(std::begin(kUnsupportedNames), std::end(kUnsupportedNames), name) !=
         std::end(kUnsupportedNames);
}

std::string KnownNames() {
  std::string out;
  for (const NamedBit& known : kRetryNames) {
    base::StrAppend(&out, out.empty() ? "" : ", ", known.name);
  }
  return out;
}

void ParseBackOff(const envoy::config::route::v3::RetryPolicy::RetryBackOff& proto,
                  RetryPolicy& out, config::Faults& faults) {
  config::Faults::Scope scope(faults, "retry_back_off");
  out.base_interval = ParseDuration(proto.base_interval(), "base_interval", faults);
  if (out.base_interval <= absl::ZeroDuration()) {
    faults.Add("base_interval", "must be more than 0s");
  }
  out.base_interval = std::max(out.base_interval, absl::Milliseconds(1));
  out.max_interval = 10 * out.base_interval;
  if (!proto.has_max_interval()) return;
  out.max_interval = ParseDuration(proto.max_interval(), "max_interval", faults);
  if (out.max_interval < out.base_interval) {
    faults.Add("max_interval", "must not be less than base_interval");
  }
}

void ParseHostSelection(const envoy::config::route::v3::RetryPolicy& proto, RetryPolicy& out,
                        config::Faults& faults) {
  using envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
  const std::string known = "type.googleapis.com/" + PreviousHostsPredicate().GetTypeName();
  for (int i = 0; i < proto.retry_host_predicate_size(); ++i) {
    const auto& predicate = proto.retry_host_predicate(i);
    const bool is_known = predicate.has_typed_config()
                              ? config::TypeUrlOf(predicate.typed_config()) == known
                              : predicate.name() == "envoy.retry_host_predicates.previous_hosts";
    if (is_known) continue;
    config::Faults::Scope scope(faults, "retry_host_predicate", i);
    faults.Add("", base::StrCat("'", predicate.name(), "' is not implemented; only ",
                                "envoy.retry_host_predicates.previous_hosts is"));
  }
  const int64_t attempts = proto.host_selection_retry_max_attempts();
  if (attempts < 0 || attempts > 1000) {
    faults.Add("host_selection_retry_max_attempts", "must be between 0 and 1000");
  } else {
    out.host_selection_attempts = static_cast<uint32_t>(attempts);
  }
}

void ParsePriority(const envoy::config::route::v3::RetryPolicy::RetryPriority& proto,
                   RetryPolicy& out, config::Faults& faults) {
  envoy::extensions::retry::priority::previous_priorities::v3::PreviousPrioritiesConfig config;
  config::Faults::Scope scope(faults, "retry_priority");
  if (config::TypeUrlOf(proto.typed_config()) != "type.googleapis.com/" + config.GetTypeName()) {
    faults.Add("", base::StrCat("'", proto.name(), "' is not implemented; only ",
                                "envoy.retry_priorities.previous_priorities is, with its "
                                "typed_config"));
    return;
  }
  config::Faults::Scope inner(faults, "typed_config");
  if (!config::Unpack(proto.typed_config(), config, faults)) return;
  out.avoid_priorities_every = config.update_frequency();
  if (config.update_frequency() <= 0) faults.Add("update_frequency", "must be greater than 0");
}

}  // namespace

uint32_t ParseRetryOn(std::string_view names,
                      absl::FunctionRef<void(std::string_view name, bool is_envoys)> on_other) {
  uint32_t bits = 0;
  while (!names.empty()) {
    std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) continue;
    const uint32_t bit = BitOf(name);
    bits |= bit;
    if (bit == 0) on_other(name, IsEnvoys(name));
  }
  return bits;
}

RetryPolicy ParseRetryPolicy(const envoy::config::route::v3::RetryPolicy& proto,
                             config::Faults& faults) {
  RetryPolicy out;
  out.on = ParseRetryOn(proto.retry_on(), [&](std::string_view name, bool is_envoys) {
    if (is_envoys) {
      faults.AddIgnored("retry_on", base::StrCat("'", name, "' is not implemented"));
    } else {
      faults.Add("retry_on",
                 base::StrCat("'", name, "' is no condition; there are ", KnownNames()));
    }
  });
  if (proto.has_num_retries()) out.retry_count = proto.num_retries().value();
  if (proto.has_per_try_timeout()) {
    out.per_try_timeout = ParseDuration(proto.per_try_timeout(), "per_try_timeout", faults);
  }
  if (proto.has_per_try_idle_timeout()) {
    out.per_try_idle_timeout =
        ParseDuration(proto.per_try_idle_timeout(), "per_try_idle_timeout", faults);
  }
  if (proto.has_retry_back_off()) ParseBackOff(proto.retry_back_off(), out, faults);
  out.retriable_status_codes.assign(proto.retriable_status_codes().begin(),
                                    proto.retriable_status_codes().end());
  ParseHostSelection(proto, out, faults);
  if (proto.has_retry_priority()) ParsePriority(proto.retry_priority(), out, faults);
  return out;
}

}  // namespace weir::routing
