#include "source/routing/retry_policy_parser.h"

#include <gtest/gtest.h>

#include "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.pb.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

RetryPolicy Parse(const std::string& text, config::Faults& faults) {
  return ParseRetryPolicy(test::FromText<envoy::config::route::v3::RetryPolicy>(text), faults);
}

TEST(RetryPolicyParserTest, Defaults) {
  config::Faults faults;
  const RetryPolicy policy = Parse("", faults);
  EXPECT_TRUE(faults.ok());
  EXPECT_EQ(policy.on, 0u);
  EXPECT_EQ(policy.retry_count, 1u);
  EXPECT_EQ(policy.base_interval, absl::Milliseconds(25));
  EXPECT_EQ(policy.max_interval, absl::Milliseconds(250));
  EXPECT_EQ(policy.host_selection_attempts, 0u);
}

TEST(RetryPolicyParserTest, EveryField) {
  config::Faults faults;
  const RetryPolicy policy = Parse(R"pb(
                                     retry_on: "5xx, connect-failure,retriable-status-codes"
                                     num_retries { value: 0 }
                                     per_try_timeout { seconds: 2 }
                                     per_try_idle_timeout { nanos: 500000000 }
                                     retriable_status_codes: 503
                                     retriable_status_codes: 429
                                     retry_back_off { base_interval { nanos: 100000000 } }
                                     host_selection_retry_max_attempts: 3
                                   )pb",
                                   faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  EXPECT_EQ(policy.on, kRetry5xx | kRetryConnectFailure | kRetryRetriableStatusCodes);
  EXPECT_EQ(policy.retry_count, 0u);
  EXPECT_EQ(policy.per_try_timeout, absl::Seconds(2));
  EXPECT_EQ(policy.per_try_idle_timeout, absl::Milliseconds(500));
  EXPECT_EQ(policy.retriable_status_codes, (std::vector<uint32_t>{503, 429}));
  EXPECT_EQ(policy.base_interval, absl::Milliseconds(100));
  EXPECT_EQ(policy.max_interval, absl::Seconds(1));
  EXPECT_EQ(policy.host_selection_attempts, 3u);
}

TEST(RetryPolicyParserTest, UnknownConditionsAreFaultsEnvoysAreIgnored) {
  config::Faults faults;
  EXPECT_EQ(Parse("retry_on: 'reset,retriable-headers,conect-failure'", faults).on, kRetryReset);
  ASSERT_EQ(faults.faults().size(), 1u);
  EXPECT_EQ(faults.faults()[0].text.find("'conect-failure' is no condition; there are 5xx, "), 0u);
  ASSERT_EQ(faults.ignored().size(), 1u);
  EXPECT_EQ(faults.ignored()[0].text, "'retriable-headers' is not implemented");
}

TEST(RetryPolicyParserTest, RetriesMayAvoidPreviousPriorities) {
  const auto parse = [](std::string_view type, int update_frequency, config::Faults& faults) {
    envoy::extensions::retry::priority::previous_priorities::v3::PreviousPrioritiesConfig config;
    config.set_update_frequency(update_frequency);
    envoy::config::route::v3::RetryPolicy proto;
    proto.mutable_retry_priority()->set_name("mine");
    auto& any = *proto.mutable_retry_priority()->mutable_typed_config();
    any.set_type_url(std::string(type));
    any.set_value(config.SerializeAsString());
    return ParseRetryPolicy(proto, faults).avoid_priorities_every;
  };
  constexpr std::string_view kType =
      "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3."
      "PreviousPrioritiesConfig";
  config::Faults faults;
  EXPECT_EQ(parse(kType, 2, faults), 2);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  parse(kType, 0, faults);
  parse("type.googleapis.com/strange.Priority", 1, faults);
  ASSERT_EQ(faults.faults().size(), 2u);
  EXPECT_EQ(faults.faults()[0].text, "must be greater than 0");
  EXPECT_EQ(faults.faults()[1].text.find("'mine' is not implemented; only envoy."), 0u);
}

TEST(RetryPolicyParserTest, RetriesAvoidPreviousHostsAndKnowNoOtherPredicate) {
  config::Faults faults;
  Parse(R"pb(
          retry_host_predicate { name: "envoy.retry_host_predicates.previous_hosts" }
          retry_host_predicate {
            name: "mine"
            typed_config {
              [type.googleapis.com/
               envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate] {}
            }
          }
          retry_host_predicate { name: "envoy.retry_host_predicates.omit_canary_hosts" }
        )pb",
        faults);
  EXPECT_EQ(test::Lines(faults),
            std::vector<std::string>{
                "retry_host_predicate[2]: 'envoy.retry_host_predicates.omit_canary_hosts' is not "
                "implemented; only envoy.retry_host_predicates.previous_hosts is"});
}

TEST(RetryPolicyParserTest, FaultsSayWhere) {
  config::Faults faults;
  Parse(R"pb(
          per_try_timeout { seconds: -1 }
          retry_back_off {
            base_interval { seconds: 1 }
            max_interval { nanos: 1000000 }
          }
          host_selection_retry_max_attempts: -1
        )pb",
        faults);
  EXPECT_EQ(test::Lines(faults),
            (std::vector<std::string>{
                "per_try_timeout: must not be negative",
                "retry_back_off.max_interval: must not be less than base_interval",
                "host_selection_retry_max_attempts: must be between 0 and 1000",
            }));
}

TEST(RetryPolicyParserTest, RetryOnToleratesSpacesAndEmptyNames) {
  const auto never = [](std::string_view name, bool) { ADD_FAILURE() << name; };
  EXPECT_EQ(ParseRetryOn(" 5xx ,, gateway-error,", never), kRetry5xx | kRetryGatewayError);
  EXPECT_EQ(ParseRetryOn("", never), 0u);
}

}  // namespace
}  // namespace weir::routing
