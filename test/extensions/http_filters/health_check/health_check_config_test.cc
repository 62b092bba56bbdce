#include "source/extensions/http_filters/health_check/health_check_config.h"

#include "envoy/extensions/filters/http/health_check/v3/health_check.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::health_check {
namespace {

using envoy::extensions::filters::http::health_check::v3::HealthCheck;

class HealthCheckConfigTest : public test::FactoryFixture {
 protected:
  std::shared_ptr<const filter::HttpFilterConfig> Parse(const std::string& text) {
    return CreateFactory()->Parse(Pack<HealthCheck>(text), context_, faults_);
  }
  void ExpectFault(const std::string& text, const std::string& line) {
    faults_ = config::Faults();
    EXPECT_EQ(Parse(text), nullptr);
    EXPECT_EQ(Lines(), std::vector{line});
  }
};

TEST_F(HealthCheckConfigTest, MakesAFilterThatIsNotTheLast) {
  const auto config = Parse(R"pb(
    pass_through_mode { value: true }
    cache_time { seconds: 5 }
    headers {
      name: ":path"
      string_match { exact: "/healthz" }
    }
  )pb");
  ASSERT_NE(config, nullptr);
  EXPECT_FALSE(config->is_terminal());
  EXPECT_NE(Parse("pass_through_mode {} cluster_min_healthy_percentages { key: 'a' value {} }"),
            nullptr);
  EXPECT_TRUE(Lines().empty());
}

TEST_F(HealthCheckConfigTest, NamesItsClusters) {
  std::vector<clusters::ClusterSlot*> named;
  context_.named_clusters = &named;
  Parse("pass_through_mode {} cluster_min_healthy_percentages { key: 'a' value { value: 9 } }");
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0]->name(), "a");
}

TEST_F(HealthCheckConfigTest, Faults) {
  ExpectFault("", "pass_through_mode: must be set");
  ExpectFault("pass_through_mode {} cache_time { seconds: 1 }",
              "cache_time: is for pass_through_mode only");
  ExpectFault("pass_through_mode { value: true } cache_time { seconds: -1 }",
              "cache_time: value -1s is out of range (0s or more)");
  ExpectFault(
      "pass_through_mode { value: true } cluster_min_healthy_percentages { key: 'a' value {} }",
      "cluster_min_healthy_percentages: is not for pass_through_mode");
}

TEST_F(HealthCheckConfigTest, PercentagesAreChecked) {
  EXPECT_EQ(Parse("pass_through_mode {} cluster_min_healthy_percentages { key: 'a' value { value: "
                  "101 } }"),
            nullptr);
  ASSERT_FALSE(Lines().empty());
  EXPECT_NE(Lines()[0].find("cluster_min_healthy_percentages"), std::string::npos) << Lines()[0];
}

}  // namespace
}  // namespace weir::extensions::health_check
