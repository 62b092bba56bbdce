#include "source/balancing/subset_index.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "source/balancing/balancer.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

class SubsetIndexTest : public testing::Test {
 protected:
  SubsetIndexTest() {
    config_.selectors.resize(2);
    config_.selectors[0].keys = {"stage"};
    config_.selectors[1].keys = {"stage", "version"};
  }

  void Add(const Values& values, const std::vector<std::string>& versions = {}) {
    auto metadata = std::make_shared<HostMetadata>();
    for (const auto& [key, value] : values) metadata->entries.push_back({key, value, {}, {}});
    if (!versions.empty()) metadata->entries.push_back({"version", "[list]", versions, {}});
    EndpointConfig endpoint = MakeEndpoint(static_cast<int>(endpoints_.size()));
    endpoint.metadata = std::move(metadata);
    endpoints_.push_back(endpoint);
  }
  void AddUsual() {
    Add({{"stage", "prod"}, {"version", "1"}});
    Add({{"stage", "prod"}, {"version", "2"}});
    Add({{"stage", "dev"}, {"version", "2"}});
    Add({});
  }
  void Build() {
    balancer_config_.subsets = std::make_shared<const SubsetConfig>(config_);
    HostSetBuilder builder(previous_.get(), {&balancer_config_});
    for (const EndpointConfig& endpoint : endpoints_) builder.Add(endpoint);
    builder.TakePolicy(policy_);
    set_ = builder.Build(random_).set;
  }
  // The hosts that such requests get, as "013"; empty: none.
  std::string PicksBy(const SubsetCriteria& criteria) {
    const auto balancer = Balancer::Create(balancer_config_);
    PickContext context;
    context.subset = &criteria;
    std::set<char> picked;
    for (int i = 0; i < 30; ++i) {
      const Picked pick = PickHost(*set_, *balancer, context, random_);
      if (pick.host == nullptr) return "";
      for (char number = '0'; number <= '9'; ++number) {
        if ((*pick.host)->address() == HostAddress(number - '0')) picked.insert(number);
      }
    }
    return {picked.begin(), picked.end()};
  }
  std::string Picks(const Values& values) { return PicksBy(SubsetCriteria{values, {}}); }

  SubsetConfig config_;
  BalancerConfig balancer_config_;
  Assignment policy_;
  std::vector<EndpointConfig> endpoints_;
  std::unique_ptr<const HostSet> previous_, set_;
  base::Random random_{2};
};

TEST_F(SubsetIndexTest, HostsByWhatTheyHaveInCommon) {
  AddUsual();
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}}), "01");
  EXPECT_EQ(Picks({{"stage", "dev"}}), "2");
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "2"}}), "1");
}

TEST_F(SubsetIndexTest, WithoutFallbackThereIsNoHost) {
  AddUsual();
  Build();
  EXPECT_EQ(Picks({{"stage", "test"}}), "");
  EXPECT_EQ(Picks({{"version", "2"}}), "") << "no selector of that key";
  EXPECT_EQ(Picks(Values{}), "");
}

TEST_F(SubsetIndexTest, FallsBackToAnyHost) {
  config_.fallback = SubsetFallback::kAnyHost;
  AddUsual();
  Build();
  EXPECT_EQ(Picks({{"stage", "test"}}), "0123");
  EXPECT_EQ(Picks(Values{}), "0123");
  EXPECT_EQ(Picks({{"stage", "dev"}}), "2");
}

TEST_F(SubsetIndexTest, FallsBackToTheDefaultSubset) {
  config_.fallback = SubsetFallback::kDefaultSubset;
  config_.default_subset.values = {{"version", "2"}};
  AddUsual();
  Build();
  EXPECT_EQ(Picks({{"stage", "test"}}), "12");
  config_.default_subset.values = {{"version", "9"}};
  Build();
  EXPECT_EQ(Picks({{"stage", "test"}}), "");
  config_.panics_to_any = true;
  Build();
  EXPECT_EQ(Picks({{"stage", "test"}}), "0123");
}

TEST_F(SubsetIndexTest, SelectorsHaveFallbacksOfTheirOwn) {
  config_.selectors[0].fallback = SubsetFallback::kAnyHost;
  config_.selectors[1].fallback = SubsetFallback::kFewerKeys;
  config_.selectors[1].fallback_keys = {"stage"};
  AddUsual();
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "9"}}), "01");
  EXPECT_EQ(Picks({{"stage", "test"}, {"version", "9"}}), "0123");
  EXPECT_EQ(Picks({{"version", "9"}}), "") << "the cluster's";
}

TEST_F(SubsetIndexTest, MoreKeysWhereAllowed) {
  AddUsual();
  Build();
  const Values more{{"colour", "red"}, {"stage", "prod"}, {"version", "2"}};
  EXPECT_EQ(Picks(more), "");
  config_.allows_more_keys = true;
  Build();
  EXPECT_EQ(Picks(more), "1");
}

TEST_F(SubsetIndexTest, AListMayStandForItsElements) {
  Add({{"stage", "prod"}}, {"1", "2"});
  Add({{"stage", "prod"}}, {"2", "3"});
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "2"}}), "");
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "[list]"}}), "01");
  config_.lists_match_elements = true;
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "2"}}), "01");
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "3"}}), "1");
}

TEST_F(SubsetIndexTest, AlternativesOneAfterAnother) {
  AddUsual();
  SubsetCriteria criteria{{{"stage", "prod"}},
                          {{{{"version", "9"}}, {}}, {{{"version", "2"}}, {}}}};
  Build();
  EXPECT_EQ(PicksBy(criteria), "01") << "not where the cluster does not go by them";
  config_.uses_alternatives = true;
  Build();
  EXPECT_EQ(PicksBy(criteria), "1");
}

// A change of metadata moves a host to another subset and keeps its object.
TEST_F(SubsetIndexTest, FollowsMetadata) {
  AddUsual();
  Build();
  const HostPtr host = set_->hosts()[2];
  previous_ = std::move(set_);
  endpoints_[2].metadata = endpoints_[0].metadata;
  Build();
  ASSERT_NE(set_, nullptr);
  EXPECT_EQ(set_->hosts()[2], host);
  EXPECT_EQ(Picks({{"stage", "prod"}}), "012");
  EXPECT_EQ(Picks({{"stage", "dev"}}), "");
}

TEST_F(SubsetIndexTest, HealthCountsInsideASubset) {
  AddUsual();
  endpoints_[0].health = EdsHealth::kUnhealthy;
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}}), "1");
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "1"}}), "0") << "it panics";
}

TEST_F(SubsetIndexTest, PrioritiesStayInsideASubset) {
  AddUsual();
  endpoints_[1].priority = 1;
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}}), "0");
  EXPECT_EQ(Picks({{"stage", "prod"}, {"version", "2"}}), "1");
}

TEST_F(SubsetIndexTest, LocalitiesKeepTheirWeightsWhereAsked) {
  balancer_config_.locality_mode = LocalityMode::kWeighted;
  for (int i = 0; i < 4; ++i) {
    Add({{"stage", "prod"}});
    const auto locality = std::make_shared<const Locality>(Locality{"", i == 0 ? "a" : "b", ""});
    endpoints_.back().details = std::make_shared<const HostDetails>(HostDetails{"", locality});
    if (i < 2) policy_.locality_weights.push_back({0, locality, i == 0 ? 3U : 0U});
  }
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}}), "0123");
  config_.keeps_localities = true;
  Build();
  EXPECT_EQ(Picks({{"stage", "prod"}}), "0");
}

}  // namespace
}  // namespace weir::balancing
