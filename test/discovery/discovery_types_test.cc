#include "source/discovery/discovery_types.h"

#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"

namespace weir::discovery {
namespace {

template <class Message>
std::string UrlOf() {
  return "type.googleapis.com/" + Message::descriptor()->full_name();
}

TEST(DiscoveryTypesTest, NameTheirMessages) {
  EXPECT_EQ(ClusterType().type_url, UrlOf<envoy::config::cluster::v3::Cluster>());
  EXPECT_EQ(EndpointType().type_url, UrlOf<envoy::config::endpoint::v3::ClusterLoadAssignment>());
  EXPECT_EQ(ListenerType().type_url, UrlOf<envoy::config::listener::v3::Listener>());
  EXPECT_EQ(RouteType().type_url, UrlOf<envoy::config::route::v3::RouteConfiguration>());
  EXPECT_EQ(SecretType().type_url, UrlOf<envoy::extensions::transport_sockets::tls::v3::Secret>());
}

TEST(DiscoveryTypesTest, KnowTheirChildrenAndWhichAreCompleteSets) {
  EXPECT_TRUE(ClusterType().is_complete_set && ListenerType().is_complete_set);
  EXPECT_FALSE(EndpointType().is_complete_set || RouteType().is_complete_set);
  EXPECT_EQ(ClusterType().children,
            (std::vector<std::string>{EndpointType().type_url, SecretType().type_url}));
  EXPECT_EQ(ListenerType().children,
            (std::vector<std::string>{RouteType().type_url, SecretType().type_url}));
}

TEST(DiscoveryTypesTest, FaultsAreLines) {
  config::Faults faults;
  EXPECT_EQ(FaultLines(faults), "");
  faults.Add("a.b", "is wrong");
  faults.Add("", "is worse");
  EXPECT_EQ(FaultLines(faults), "a.b: is wrong\nis worse");
}

}  // namespace
}  // namespace weir::discovery
