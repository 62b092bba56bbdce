#include "source/extensions/http_filters/router/router_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::router {
namespace {

using envoy::extensions::filters::http::router::v3::Router;

class RouterConfigTest : public test::FactoryFixture {
 protected:
  const std::unique_ptr<filter::HttpFilterFactory> factory_ = CreateFactory();
};

TEST_F(RouterConfigTest, IsTheTerminalFilterUnderEnvoysName) {
  EXPECT_EQ(factory_->id().name, "envoy.filters.http.router");
  EXPECT_EQ(factory_->id().config_type, Router::descriptor()->full_name());
  const auto config =
      factory_->Parse(Pack<Router>("suppress_envoy_headers: true"), context_, faults_);
  ASSERT_NE(config, nullptr);
  EXPECT_TRUE(config->is_terminal());
  EXPECT_TRUE(faults_.ok());
  const auto storage = std::make_unique<std::max_align_t[]>(config->filter_bytes());
  filter::HttpFilter* filter = config->Create(storage.get());
  filter->~HttpFilter();
}

TEST_F(RouterConfigTest, StatisticsCannotBeTurnedOff) {
  EXPECT_NE(factory_->Parse(Pack<Router>("dynamic_stats { value: false }"), context_, faults_),
            nullptr);
  EXPECT_EQ(faults_.ignored().size(), 1u);
}

TEST_F(RouterConfigTest, AnotherMessageIsAFault) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/" + Router::descriptor()->full_name());
  any.set_value("\x0a\xff");
  EXPECT_EQ(factory_->Parse(any, context_, faults_), nullptr);
  EXPECT_FALSE(faults_.ok());
}

TEST_F(RouterConfigTest, HasNoSettingsPerRoute) {
  EXPECT_EQ(factory_->ParseRouteConfig(Pack<Router>(""), faults_), nullptr);
  EXPECT_FALSE(faults_.ok());
}

}  // namespace
}  // namespace weir::extensions::router
