#include "source/server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/line_writer.h"
#include "source/server/bootstrap.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    Signals::Block();
    registry_.Add(std::make_unique<discovery::EchoFactory>(journal_));
    options_.concurrency = 1;
    options_.drain_time_s = 60;
  }
  bool Configure(const std::string& yaml) {
    options_.config_yaml = yaml;
    const auto bootstrap = LoadBootstrap(options_, faults_);
    if (bootstrap == nullptr) return false;
    server_ = std::make_unique<Server>(options_, registry_, log_writer_, nullptr);
    return server_->Configure(*bootstrap, faults_);
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> out;
    for (const config::Fault& fault : faults_.faults()) {
      out.push_back(fault.path + ": " + fault.text);
    }
    return out;
  }

  static constexpr char kListener[] = R"(
static_resources:
  listeners:
  - name: web
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: echo
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: a
          cluster: c
)";

  std::vector<std::string> journal_;
  filter::ExtensionRegistry registry_;
  Options options_;
  config::Faults faults_;
  base::LineWriter log_writer_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, ValidationBindsNothingAndStartsNothing) {
  options_.mode = Options::Mode::kValidate;
  EXPECT_TRUE(Configure(kListener)) << faults_.ToString();
}

TEST_F(ServerTest, FaultsOfAllPartsAreToldTogether) {
  EXPECT_FALSE(Configure(R"(
dynamic_resources: {cds_config: {ads: {}}, lds_config: {ads: {}}}
static_resources:
  listeners:
  - name: web
    address: {socket_address: {address: nonsense, port_value: 0}}
)"));
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0],
            "dynamic_resources.cds_config: there is no aggregated stream: "
            "dynamic_resources.ads_config is not set in the bootstrap");
  EXPECT_EQ(lines[1],
            "dynamic_resources.lds_config: there is no aggregated stream: "
            "dynamic_resources.ads_config is not set in the bootstrap");
  EXPECT_THAT(lines[2], HasSubstr("static_resources.listeners[0].address.socket_address.address"));
  EXPECT_THAT(lines[3], HasSubstr("static_resources.listeners[0].filter_chains"));
}

TEST_F(ServerTest, WhatReadsWellIsLookedAtAllTheSame) {
  EXPECT_FALSE(Configure(R"(
static_resources:
  clusters:
  - {name: a, type: STATIC, connect_timeout: 5}
  - {name: b, type: EDS}
)"));
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 2u) << faults_.ToString();
  EXPECT_THAT(lines[0], HasSubstr("static_resources.clusters[0].connect_timeout"));
  EXPECT_THAT(lines[1], HasSubstr("static_resources.clusters[1]"));
}

TEST_F(ServerTest, TwoClustersOfOneNameAreAFault) {
  EXPECT_FALSE(Configure(R"(
static_resources:
  clusters:
  - {name: c, type: STATIC, connect_timeout: 1s}
  - {name: c, type: STATIC, connect_timeout: 1s}
)"));
  EXPECT_THAT(Lines(), ElementsAre("static_resources.clusters[1].name: \"c\" is the name of two "
                                   "clusters"));
}

TEST_F(ServerTest, WhatIsWrongWithTheAdminEndpointIsToldWithoutServing) {
  options_.mode = Options::Mode::kValidate;
  EXPECT_FALSE(Configure(R"(
admin:
  address: {socket_address: {address: 127.0.0.1, port_value: 0}}
  access_log_path: /dev/null
  socket_options: [{level: 1, name: 9, int_value: 5000000000}]
)"));
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "admin.socket_options[0].int_value: 5000000000 does not fit into an int");
  EXPECT_THAT(lines[1], HasSubstr("admin.access_log[0]")) << "this registry has no such logger";
}

TEST_F(ServerTest, AControlPlaneNeedsANodeId) {
  EXPECT_FALSE(Configure(R"(
dynamic_resources:
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services: [{google_grpc: {target_uri: "127.0.0.1:1", stat_prefix: x}}]
)"));
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("dynamic_resources.ads_config: a control plane needs"));
}

TEST_F(ServerTest, ServicesOfTheirOwnNeedServers) {
  EXPECT_FALSE(Configure(R"(
hds_config: {api_type: AGGREGATED_GRPC, transport_api_version: V3}
cluster_manager: {load_stats_config: {api_type: GRPC, transport_api_version: V3}}
)"));
  EXPECT_THAT(Lines(),
              ElementsAre("cluster_manager.load_stats_config.grpc_services: must name at least "
                          "one server",
                          "hds_config.api_type: must be GRPC or DELTA_GRPC"));
}

TEST_F(ServerTest, RunsUntilASignalEndsIt) {
  ASSERT_TRUE(Configure(kListener)) << faults_.ToString();
  kill(getpid(), SIGINT);
  EXPECT_EQ(server_->Run(), 0);
}

TEST_F(ServerTest, TerminationDrainsAndThenEnds) {
  ASSERT_TRUE(Configure(kListener)) << faults_.ToString();
  kill(getpid(), SIGTERM);
  EXPECT_EQ(server_->Run(), 0);
}

}  // namespace
}  // namespace weir::server
