#include "source/extensions/network_filters/http_connection_manager/hcm_config_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/extensions/http_filters/router/router_config.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::http_connection_manager {
namespace {

using Proto =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kRouter[] =
    "http_filters { name: \"router\" typed_config { "
    "[type.googleapis.com/envoy.extensions.filters.http.router.v3.Router] { } } } ";
constexpr char kRoutes[] = "route_config { name: \"r\" } ";

class HcmConfigParserTest : public test::FactoryFixture {
 protected:
  HcmConfigParserTest() { registry_.Add(router::CreateFactory()); }
  // A whole configuration but for `text`.
  std::shared_ptr<const filter::NetworkFilterConfig> Parse(const std::string& text) {
    return ParseBare(absl::StrCat(kRoutes, kRouter, text));
  }
  std::shared_ptr<const filter::NetworkFilterConfig> ParseBare(const std::string& text) {
    return factory_->Parse(Pack<Proto>(absl::StrCat("stat_prefix: \"in\" ", text)), context_,
                           faults_);
  }
  const std::unique_ptr<filter::NetworkFilterFactory> factory_ = CreateFactory();
};

TEST_F(HcmConfigParserTest, TheSmallestConfiguration) {
  EXPECT_EQ(factory_->id().name, "envoy.filters.network.http_connection_manager");
  EXPECT_EQ(factory_->id().config_type, Proto::descriptor()->full_name());
  const auto config = Parse("");
  EXPECT_THAT(Lines(), IsEmpty());
  ASSERT_NE(config, nullptr);
  EXPECT_TRUE(config->is_terminal());
  filter::ConnectionInfo info;
  const bool is_draining = false;
  const filter::ConnectionContext connection{loop_, info, is_draining};
  EXPECT_NE(config->CreateTerminal(connection), nullptr);
  EXPECT_EQ(config->CreateGate(connection), nullptr);
}

TEST_F(HcmConfigParserTest, WithoutFiltersNothingWouldAnswer) {
  EXPECT_EQ(ParseBare(kRoutes), nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("http_filters"));
}

TEST_F(HcmConfigParserTest, TheTerminalFilterIsTheLast) {
  EXPECT_EQ(Parse(kRouter), nullptr);
  EXPECT_THAT(Lines(), ElementsAre("http_filters[0].name: \"router\" is a terminal filter and "
                                   "must be the last"));
}

TEST_F(HcmConfigParserTest, AFilterThatIsNotThereIsAFault) {
  EXPECT_EQ(ParseBare(absl::StrCat(kRoutes,
                                   "http_filters { name: \"x\" typed_config { type_url: "
                                   "\"type.googleapis.com/no.such.Filter\" } } ",
                                   kRouter)),
            nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("no.such.Filter"));
  EXPECT_THAT(Lines()[0], HasSubstr("http_filters[0]"));
}

TEST_F(HcmConfigParserTest, AnOptionalFilterThatIsNotThereIsLeftOut) {
  EXPECT_NE(ParseBare(absl::StrCat(kRoutes,
                                   "http_filters { name: \"x\" is_optional: true typed_config { "
                                   "type_url: \"type.googleapis.com/no.such.Filter\" } } ",
                                   kRouter)),
            nullptr);
  EXPECT_TRUE(faults_.ok());
  EXPECT_EQ(faults_.ignored().size(), 1u);
}

TEST_F(HcmConfigParserTest, SettingsThatCannotHaveTheirEffectAreListed) {
  EXPECT_NE(Parse("stream_error_on_invalid_http_message { value: true } http_protocol_options { "
                  "allow_absolute_url { value: false } }"),
            nullptr);
  EXPECT_EQ(faults_.ignored().size(), 2u);
}

TEST_F(HcmConfigParserTest, EveryFaultIsToldAtOnce) {
  EXPECT_EQ(ParseBare(absl::StrCat(
                kRouter, kRoutes,
                "internal_address_config { cidr_ranges { address_prefix: \"10.0.0.0\" prefix_len "
                "{ value: 8 } } cidr_ranges { address_prefix: \"nonsense\" } } "
                "access_log { typed_config { type_url: \"type.googleapis.com/no.such.Log\" } }")),
            nullptr);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("internal_address_config.cidr_ranges[1]"));
  EXPECT_THAT(lines[1], HasSubstr("access_log[0]"));
}

TEST_F(HcmConfigParserTest, AFaultInARouteHasItsPath) {
  EXPECT_EQ(ParseBare(absl::StrCat(kRouter,
                                   "route_config { virtual_hosts { name: \"v\" domains: \"*\" "
                                   "routes { match { prefix: \"/\" } } } }")),
            nullptr);
  ASSERT_FALSE(Lines().empty());
  EXPECT_THAT(Lines()[0], HasSubstr("route_config.virtual_hosts[0].routes[0]"));
}

TEST_F(HcmConfigParserTest, RoutesOfTheControlPlane) {
  EXPECT_NE(ParseBare(absl::StrCat(
                kRouter, "rds { route_config_name: \"table\" config_source { ads {} } }")),
            nullptr);
  EXPECT_THAT(Lines(), IsEmpty());
  EXPECT_THAT(routes_.asked, ElementsAre("table"));
}

TEST_F(HcmConfigParserTest, RoutesOfAControlPlaneThatIsNotThere) {
  routes_.has_control_plane = false;
  EXPECT_EQ(ParseBare(absl::StrCat(
                kRouter, "rds { route_config_name: \"table\" config_source { ads {} } }")),
            nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("rds.config_source.ads: there is no control plane"));
}

TEST_F(HcmConfigParserTest, NothingIsSubscribedToByAConfigurationThatIsRefused) {
  EXPECT_EQ(ParseBare("rds { route_config_name: \"table\" config_source { ads {} } }"), nullptr);
  EXPECT_THAT(routes_.asked, IsEmpty());
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
