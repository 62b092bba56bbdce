#include "source/control/snapshot_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/control/resource_text.h"

namespace weir::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> NamesOf(const Snapshot& snapshot, ServedType type) {
  std::vector<std::string> names;
  for (const auto& [name, body] : snapshot.Of(type).bodies) names.push_back(name);
  return names;
}

TEST(SnapshotBuilderTest, BothShapesAreTheSame) {
  const auto by_kind = MakeSnapshot(FileText({EdsCluster("web")}, {Endpoint("web", 1)}));
  const auto by_type = MakeSnapshot(
      "resources:\n"
      "- \"@type\": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment\n"
      "  cluster_name: web\n"
      "  endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, "
      "port_value: 1}}}}]}]\n"
      "- \"@type\": type.googleapis.com/envoy.config.cluster.v3.Cluster\n"
      "  name: web\n  type: EDS\n  connect_timeout: 1s\n"
      "  eds_cluster_config: {eds_config: {ads: {}}}\n");
  for (const ServedTypeInfo& info : kServedTypes) {
    EXPECT_EQ(by_kind->Of(info.type).version, by_type->Of(info.type).version) << info.noun;
  }
  EXPECT_THAT(NamesOf(*by_type, ServedType::kCluster), ElementsAre("web"));
  EXPECT_THAT(by_type->referred_endpoints, ElementsAre("web"));
}

TEST(SnapshotBuilderTest, FilesAddUp) {
  const BuildResult result =
      BuildSnapshot({{"a.yaml", FileText({EdsCluster("a")}, {Endpoint("a", 1), Endpoint("b", 1)})},
                     {"b.json", R"({"clusters": [{"name": "b", "type": "EDS",
                       "edsClusterConfig": {"edsConfig": {"ads": {}}}}]})"},
                     {"c.yaml", "resources: []"}},
                    nullptr);
  ASSERT_NE(result.snapshot, nullptr) << result.faults.front();
  EXPECT_THAT(NamesOf(*result.snapshot, ServedType::kCluster), ElementsAre("a", "b"));
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(SnapshotBuilderTest, NoFilesAreAnEmptySnapshot) {
  const BuildResult result = BuildSnapshot({}, nullptr);
  ASSERT_NE(result.snapshot, nullptr);
  EXPECT_THAT(NamesOf(*result.snapshot, ServedType::kCluster), IsEmpty());
}

TEST(SnapshotBuilderTest, EveryFaultOfEveryFileIsToldWithItsPlace) {
  const BuildResult result = BuildSnapshot(
      {{"a.yaml", "clusters:\n- name: web\n  conect_timeout: 1s\n  lb_policy: ROUND_ROBBIN\n"},
       {"b.yaml", "listeners:\n- nme: x\n"},
       {"c.yaml", FileText({EdsCluster("good")})}},
      nullptr);
  EXPECT_EQ(result.snapshot, nullptr);
  ASSERT_EQ(result.faults.size(), 3u);
  EXPECT_THAT(result.faults[0], HasSubstr("a.yaml:3:3: clusters[0].conect_timeout: "));
  EXPECT_THAT(result.faults[0], HasSubstr("connect_timeout"));
  EXPECT_THAT(result.faults[1], HasSubstr("a.yaml:4:"));
  EXPECT_THAT(result.faults[2], HasSubstr("b.yaml:2:3: listeners[0].nme: "));
}

TEST(SnapshotBuilderTest, MessagesInsideAnyAreChecked) {
  std::string text = FileText({}, {}, {HttpListener("main", "local")});
  text.replace(text.find("stat_prefix: ingress"), 20,
               "stat_prefix: ingress\n        codec_tipe: AUTO");
  const BuildResult result = BuildSnapshot({{"a.yaml", text}}, nullptr);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_THAT(result.faults[0], HasSubstr("codec_tipe"));
  EXPECT_THAT(result.faults[0], HasSubstr("a.yaml:10:9: "));
}

TEST(SnapshotBuilderTest, ANameDefinedTwiceIsAFaultAtTheSecondPlace) {
  const BuildResult result = BuildSnapshot(
      {{"a.yaml", FileText({EdsCluster("web")})}, {"b.yaml", "\n" + FileText({EdsCluster("web")})}},
      nullptr);
  EXPECT_EQ(result.snapshot, nullptr);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_EQ(result.faults[0],
            "b.yaml:3:3: clusters[0].name: 'web' is defined twice, first at a.yaml:2:3");
}

TEST(SnapshotBuilderTest, OneNameMayBeOfTwoTypes) {
  MakeSnapshot(FileText({EdsCluster("web")}, {Endpoint("web", 1)}, {HttpListener("web", "web")},
                        {Routes("web", "web")}));
}

TEST(SnapshotBuilderTest, AResourceNeedsAName) {
  const BuildResult result = BuildSnapshot({{"a.yaml", "routes:\n- virtual_hosts: []\n"}}, nullptr);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_EQ(result.faults[0],
            "a.yaml:2:3: routes[0].name: must not be empty: clients ask for it by this name");
}

TEST(SnapshotBuilderTest, SecretsAreChecked) {
  const auto snapshot = MakeSnapshot("secrets:\n" + Secret("ca", "PEM"));
  EXPECT_THAT(NamesOf(*snapshot, ServedType::kSecret), ElementsAre("ca"));
  const BuildResult result = BuildSnapshot(
      {{"a.yaml", "secrets:\n- name: s\n  tls_certificate: {private_kee: {filename: k}}\n"}},
      nullptr);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_THAT(result.faults[0], HasSubstr("secrets[0].tls_certificate.private_kee"));
}

TEST(SnapshotBuilderTest, OtherTypesAreNotServed) {
  const BuildResult result = BuildSnapshot({{"a.yaml",
                                             "resources:\n- \"@type\": type.googleapis.com/"
                                             "envoy.extensions.filters.http.router.v3.Router\n"}},
                                           nullptr);
  ASSERT_EQ(result.faults.size(), 1u);
  EXPECT_THAT(result.faults[0], HasSubstr("resources[0]: "));
  EXPECT_THAT(result.faults[0], HasSubstr("is not served"));
}

TEST(SnapshotBuilderTest, AnEmptyFileIsAFault) {
  for (const char* text : {"", " \n\n"}) {
    const BuildResult result = BuildSnapshot({{"a.yaml", text}}, nullptr);
    ASSERT_EQ(result.faults.size(), 1u);
    EXPECT_THAT(result.faults[0], HasSubstr("the file is empty"));
  }
}

TEST(SnapshotBuilderTest, WhatIsNoYamlIsAFault) {
  for (const char* text : {"{", "clusters: [", "- a\n- b", "\xff\xfe\x00", "clusters: 7"}) {
    const BuildResult result = BuildSnapshot({{"a.yaml", text}}, nullptr);
    EXPECT_EQ(result.snapshot, nullptr) << text;
    ASSERT_FALSE(result.faults.empty()) << text;
    EXPECT_EQ(result.faults[0].rfind("a.yaml:", 0), 0u) << result.faults[0];
  }
}

TEST(SnapshotBuilderTest, ReferencesToNothingAreWarnings) {
  const BuildResult result = BuildSnapshot(
      {{"a.yaml", FileText({EdsCluster("web")}, {}, {HttpListener("main", "local")})}}, nullptr);
  ASSERT_NE(result.snapshot, nullptr);
  EXPECT_THAT(result.warnings,
              ElementsAre("a.yaml:2:3: clusters[0]: no file has endpoints of 'web'",
                          "a.yaml:7:3: listeners[0]: no file has routes 'local'"));
  EXPECT_THAT(result.snapshot->referred_endpoints, IsEmpty());
}

TEST(SnapshotBuilderTest, SecretsThatNoFileHasAreWarnings) {
  const std::string cluster =
      "clusters:\n- name: web\n  type: STATIC\n  load_assignment: {cluster_name: web}\n"
      "  transport_socket:\n    name: tls\n    typed_config:\n"
      "      \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
      "UpstreamTlsContext\n"
      "      common_tls_context: {validation_context_sds_secret_config: {name: ca, sds_config: "
      "{ads: {}}}}\n";
  EXPECT_THAT(BuildSnapshot({{"a.yaml", cluster}}, nullptr).warnings,
              ElementsAre("a.yaml:2:3: clusters[0]: no file has secret 'ca'"));
  EXPECT_THAT(
      BuildSnapshot({{"a.yaml", cluster}, {"b.yaml", "secrets:\n" + Secret("ca", "PEM")}}, nullptr)
          .warnings,
      IsEmpty());
}

TEST(SnapshotBuilderTest, BodiesThatDidNotChangeAreShared) {
  const auto one = MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b")}));
  const auto two = MakeSnapshot(FileText({EdsCluster("a"), EdsCluster("b", "2s")}), one.get());
  const auto& before = one->Of(ServedType::kCluster).bodies;
  const auto& after = two->Of(ServedType::kCluster).bodies;
  EXPECT_EQ(before.find("a")->second, after.find("a")->second);
  EXPECT_NE(before.find("b")->second, after.find("b")->second);
}

}  // namespace
}  // namespace weir::control
