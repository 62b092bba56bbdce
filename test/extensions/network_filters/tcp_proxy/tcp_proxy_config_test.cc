#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::tcp_proxy {
namespace {

using Proto = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;
using testing::HasSubstr;

class TcpProxyConfigTest : public test::FactoryFixture {
 protected:
  std::shared_ptr<const filter::NetworkFilterConfig> Parse(const std::string& text) {
    return factory_->Parse(Pack<Proto>("stat_prefix: \"t\" " + text), context_, faults_);
  }
  const std::unique_ptr<filter::NetworkFilterFactory> factory_ = CreateFactory();
};

TEST_F(TcpProxyConfigTest, OneCluster) {
  EXPECT_EQ(factory_->id().name, "envoy.filters.network.tcp_proxy");
  EXPECT_EQ(factory_->id().config_type, Proto::descriptor()->full_name());
  const auto config = Parse("cluster: \"web\"");
  ASSERT_NE(config, nullptr) << faults_.ToString();
  EXPECT_TRUE(config->is_terminal());
  EXPECT_NE(clusters_->FindSlot("web"), nullptr) << "resolved once";
  filter::ConnectionInfo info;
  const bool is_draining = false;
  EXPECT_NE(config->CreateTerminal({loop_, info, is_draining}), nullptr);
}

TEST_F(TcpProxyConfigTest, SeveralClustersByWeight) {
  EXPECT_NE(Parse("weighted_clusters { clusters { name: \"a\" weight: 1 } "
                  "clusters { name: \"b\" weight: 2 } }"),
            nullptr)
      << faults_.ToString();
  EXPECT_NE(clusters_->FindSlot("a"), nullptr);
  EXPECT_NE(clusters_->FindSlot("b"), nullptr);
}

TEST_F(TcpProxyConfigTest, HashPolicy) {
  EXPECT_NE(Parse("cluster: \"web\" hash_policy { source_ip {} }"), nullptr) << faults_.ToString();
  EXPECT_TRUE(faults_.ignored().empty());
  EXPECT_NE(Parse("cluster: \"web\" hash_policy { filter_state { key: \"k\" } }"), nullptr);
  ASSERT_EQ(faults_.ignored().size(), 1u);
  EXPECT_EQ(faults_.ignored()[0].path, "hash_policy[0].filter_state");
  EXPECT_EQ(Parse("cluster: \"web\" hash_policy {}"), nullptr);
  EXPECT_THAT(Lines(), testing::ElementsAre(HasSubstr("hash_policy[0]")));
}

TEST_F(TcpProxyConfigTest, NeedsACluster) {
  EXPECT_EQ(Parse("cluster: \"\""), nullptr);
  ASSERT_FALSE(Lines().empty());
  EXPECT_THAT(Lines()[0], HasSubstr("cluster"));
}

TEST_F(TcpProxyConfigTest, FaultsOfItsAccessLogHaveTheirPath) {
  EXPECT_EQ(Parse("cluster: \"web\" access_log { typed_config { type_url: "
                  "\"type.googleapis.com/no.such.Log\" } }"),
            nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("access_log[0]"));
  EXPECT_EQ(clusters_->FindSlot("web"), nullptr) << "nothing is left behind";
}

}  // namespace
}  // namespace weir::extensions::tcp_proxy
