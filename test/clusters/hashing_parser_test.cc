#include "source/clusters/hashing_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "source/clusters/balancer_parser.h"
#include "test/clusters/proto_fixture.h"

namespace weir::clusters {
namespace {

using balancing::BalancerPolicy;

class HashingParserTest : public testing::Test {
 protected:
  balancing::BalancerConfig Parse(const std::string& yaml) {
    faults_ = config::Faults();
    return ParseBalancer(ClusterFromYaml("name: web\n" + yaml), faults_);
  }
  bool Says(std::string_view text) const {
    return faults_.ToString().find(text) != std::string::npos;
  }

  config::Faults faults_;
};

TEST_F(HashingParserTest, RingHash) {
  EXPECT_EQ(Parse("lb_policy: RING_HASH").policy, BalancerPolicy::kRingHash);
  EXPECT_EQ(Parse("lb_policy: RING_HASH").hashing, balancing::HashingConfig());
  const auto config = Parse(R"(
lb_policy: RING_HASH
ring_hash_lb_config: {minimum_ring_size: 5, maximum_ring_size: 7, hash_function: MURMUR_HASH_2}
common_lb_config:
  consistent_hashing_lb_config: {use_hostname_for_hashing: true, hash_balance_factor: 150}
)");
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  EXPECT_EQ(config.hashing.min_ring_size, 5u);
  EXPECT_EQ(config.hashing.max_ring_size, 7u);
  EXPECT_EQ(config.hashing.function, balancing::HashFunction::kMurmurHash2);
  EXPECT_TRUE(config.hashing.by_hostname);
  EXPECT_EQ(config.hashing.balance_percent, 150u);
}

TEST_F(HashingParserTest, Maglev) {
  const auto config = Parse("lb_policy: MAGLEV\nmaglev_lb_config: {table_size: 1009}");
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  EXPECT_EQ(config.policy, BalancerPolicy::kMaglev);
  EXPECT_EQ(config.hashing.table_size, 1009u);
}

TEST_F(HashingParserTest, RefusesSizesThatCannotBe) {
  Parse("lb_policy: RING_HASH\nring_hash_lb_config: {minimum_ring_size: 9, maximum_ring_size: 8}");
  EXPECT_TRUE(Says("ring_hash_lb_config.minimum_ring_size: 9 is greater than maximum_ring_size, 8"))
      << faults_.ToString();
  Parse("lb_policy: RING_HASH\nring_hash_lb_config: {minimum_ring_size: 0, maximum_ring_size: 0}");
  EXPECT_TRUE(Says("maximum_ring_size: must be at least 1")) << faults_.ToString();
  envoy::config::cluster::v3::Cluster proto;
  proto.set_lb_policy(envoy::config::cluster::v3::Cluster::RING_HASH);
  proto.mutable_ring_hash_lb_config()->mutable_maximum_ring_size()->set_value(8'388'609);
  proto.mutable_common_lb_config()
      ->mutable_consistent_hashing_lb_config()
      ->mutable_hash_balance_factor()
      ->set_value(99);
  ParseBalancer(proto, faults_);
  EXPECT_TRUE(Says("maximum_ring_size: 8388609 is greater than 8388608")) << faults_.ToString();
  EXPECT_TRUE(Says("hash_balance_factor: must be at least 100")) << faults_.ToString();
  Parse("lb_policy: MAGLEV\nmaglev_lb_config: {table_size: 1000}");
  EXPECT_TRUE(Says("maglev_lb_config.table_size: 1000 is no prime number")) << faults_.ToString();
}

TEST_F(HashingParserTest, OptionsOfOtherPoliciesAreListed) {
  Parse(R"(
maglev_lb_config: {table_size: 1000}
common_lb_config: {consistent_hashing_lb_config: {hash_balance_factor: 150}}
)");
  EXPECT_TRUE(faults_.ok());
  ASSERT_EQ(faults_.ignored().size(), 2u);
  EXPECT_EQ(faults_.ignored()[0].path, "maglev_lb_config");
  Parse("lb_policy: MAGLEV\nring_hash_lb_config: {minimum_ring_size: 9}");
  ASSERT_EQ(faults_.ignored().size(), 1u);
  EXPECT_EQ(faults_.ignored()[0].path, "ring_hash_lb_config");
}

TEST_F(HashingParserTest, MaglevSizes) {
  for (const uint64_t size : {2, 3, 65'537, 5'000'011}) EXPECT_TRUE(IsMaglevSize(size)) << size;
  for (const uint64_t size : {0, 1, 4, 65'535, 5'000'021}) EXPECT_FALSE(IsMaglevSize(size)) << size;
}

TEST_F(HashingParserTest, OverrideHostStatus) {
  using namespace balancing;
  EXPECT_EQ(Parse("").override_health, kOverrideHealthy | kOverrideDegraded);
  EXPECT_EQ(Parse("common_lb_config: {override_host_status: {statuses: [HEALTHY, DRAINING]}}")
                .override_health,
            kOverrideHealthy | kOverrideDraining);
  EXPECT_EQ(
      Parse("common_lb_config: {override_host_status: {statuses: [TIMEOUT]}}").override_health,
      kOverrideUnhealthy);
  EXPECT_EQ(Parse("common_lb_config: {override_host_status: {}}").override_health, 0);
}

}  // namespace
}  // namespace weir::clusters
