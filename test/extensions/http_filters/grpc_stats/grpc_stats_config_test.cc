#include "source/extensions/http_filters/grpc_stats/grpc_stats_config.h"

#include "envoy/extensions/filters/http/grpc_stats/v3/config.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::grpc_stats {
namespace {

using envoy::extensions::filters::http::grpc_stats::v3::FilterConfig;

class GrpcStatsConfigTest : public test::FactoryFixture {
 protected:
  std::shared_ptr<const filter::HttpFilterConfig> Parse(const std::string& text) {
    faults_ = config::Faults();
    return CreateFactory()->Parse(Pack<FilterConfig>(text), context_, faults_);
  }
};

TEST_F(GrpcStatsConfigTest, MakesAFilterThatIsNotTheLast) {
  for (const char* const text :
       {"", "stats_for_all_methods { value: true } replace_dots_in_grpc_service_name: true",
        "enable_upstream_stats: true individual_method_stats_allowlist {"
        "  services { name: \"a.b.C\" method_names: [\"D\", \"E_f\"] } }"}) {
    const auto config = Parse(text);
    ASSERT_NE(config, nullptr) << text;
    EXPECT_FALSE(config->is_terminal());
    EXPECT_TRUE(faults_.ignored().empty());
  }
}

TEST_F(GrpcStatsConfigTest, RefusesNamesThatNoRequestHas) {
  EXPECT_EQ(Parse("individual_method_stats_allowlist {"
                  "  services { name: \"a\" method_names: [\"ok\", \"a/b\"] }"
                  "  services { name: \"a b\" method_names: \"c\\nd\" } }"),
            nullptr);
  const std::string what = "is no name of gRPC's: at most 128 letters, digits, '_' and '-'";
  const std::string at = "individual_method_stats_allowlist.services";
  EXPECT_EQ(Lines(), (std::vector<std::string>{
                         at + "[0].method_names[1]: 'a/b' " + what,
                         at + "[1].name: 'a b' " + what + ", and '.'",
                         at + "[1].method_names[0]: 'c\nd' " + what,
                     }));
}

TEST_F(GrpcStatsConfigTest, RefusesServicesWithoutNames) {
  EXPECT_EQ(Parse("individual_method_stats_allowlist { services { name: \"a\" } }"), nullptr);
  EXPECT_EQ(Parse("individual_method_stats_allowlist { services { method_names: \"a\" } }"),
            nullptr);
}

TEST_F(GrpcStatsConfigTest, SaysWhatIsIgnored) {
  EXPECT_NE(Parse("replace_dots_in_grpc_service_name: true"), nullptr);
  ASSERT_EQ(faults_.ignored().size(), 1u);
  EXPECT_EQ(faults_.ignored()[0].path, "replace_dots_in_grpc_service_name");
}

}  // namespace
}  // namespace weir::extensions::grpc_stats
