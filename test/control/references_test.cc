#include "source/control/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/control/resource_text.h"

namespace weir::control {
namespace {

google::protobuf::Any Only(const std::string& text, ServedType type) {
  const auto snapshot = MakeSnapshot(text);
  const auto& bodies = snapshot->Of(type).bodies;
  EXPECT_EQ(bodies.size(), 1u);
  return *bodies.begin()->second;
}

TEST(ReferencesTest, AnEdsClusterNamesItsServiceOrItself) {
  EXPECT_EQ(EndpointsOf(Only(FileText({EdsCluster("web")}), ServedType::kCluster)), "web");
  EXPECT_EQ(EndpointsOf(Only("clusters: [{name: web, type: EDS, eds_cluster_config: "
                             "{eds_config: {ads: {}}, service_name: backend}}]",
                             ServedType::kCluster)),
            "backend");
  EXPECT_EQ(EndpointsOf(Only("clusters: [{name: web, type: STATIC, load_assignment: "
                             "{cluster_name: web}}]",
                             ServedType::kCluster)),
            std::nullopt);
}

TEST(ReferencesTest, AListenerNamesTheRoutesOfItsConnectionManagers) {
  EXPECT_THAT(
      RoutesOf(Only(FileText({}, {}, {HttpListener("main", "local")}), ServedType::kListener)),
      testing::ElementsAre("local"));
}

TEST(ReferencesTest, SecretsAreFoundWhereverTheyAre) {
  const std::string cluster =
      "clusters: [{name: web, type: STATIC, load_assignment: {cluster_name: web}, "
      "transport_socket: {name: tls, typed_config: {\"@type\": type.googleapis.com/"
      "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, common_tls_context: {"
      "tls_certificate_sds_secret_configs: [{name: own, sds_config: {ads: {}}}], "
      "combined_validation_context: {default_validation_context: {}, "
      "validation_context_sds_secret_config: {name: ca, sds_config: {ads: {}}}}}}}}]";
  EXPECT_THAT(SecretsOf(Only(cluster, ServedType::kCluster)),
              testing::UnorderedElementsAre("own", "ca"));
  std::string fixed = cluster;
  fixed.replace(fixed.find(", sds_config: {ads: {}}"), 23, "");
  EXPECT_THAT(SecretsOf(Only(fixed, ServedType::kCluster)), testing::ElementsAre("ca"))
      << "the other one is in the bootstrap";
  EXPECT_THAT(SecretsOf(Only(FileText({EdsCluster("web")}), ServedType::kCluster)),
              testing::IsEmpty());
}

TEST(ReferencesTest, WhatIsOfAnotherTypeNamesNothing) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/other");
  any.set_value("\xff");
  EXPECT_EQ(EndpointsOf(any), std::nullopt);
  EXPECT_THAT(RoutesOf(any), testing::IsEmpty());
  EXPECT_THAT(SecretsOf(any), testing::IsEmpty());
  any.set_type_url(kClusterUrl);
  EXPECT_EQ(EndpointsOf(any), std::nullopt);
}

}  // namespace
}  // namespace weir::control
