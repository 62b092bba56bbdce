#include "source/admin/admin_handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "google/protobuf/text_format.h"
#include "source/balancing/probe_report.h"
#include "source/base/log.h"
#include "test/admin/admin_fixture.h"

namespace weir::admin {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Clusters as a test wants them shown.
class ShownClusters final : public clusters::ClusterManager {
 public:
  std::vector<std::shared_ptr<const clusters::ClusterView>> shown;

  std::vector<std::shared_ptr<const clusters::ClusterView>> Clusters() const override {
    return shown;
  }
  clusters::ClusterSlot& Slot(std::string_view) override { std::abort(); }
  clusters::ClusterSlot* FindSlot(std::string_view) const override { return nullptr; }
  bool AddOrUpdate(const envoy::config::cluster::v3::Cluster&, bool, std::string_view,
                   config::Faults&) override {
    return false;
  }
  bool Remove(std::string_view) override { return false; }
  std::vector<std::string> LiveNames() const override { return {}; }
  std::shared_ptr<const clusters::ClusterView> View(std::string_view) const override {
    return nullptr;
  }
  void AddReference(clusters::ClusterSlot&) override {}
  void DropReference(clusters::ClusterSlot&) override {}
  void OnClustersAdded(std::function<void()>) override {}
  bool UpdateEndpoints(const xds::ResourceSource*,
                       const envoy::config::endpoint::v3::ClusterLoadAssignment&,
                       config::Faults&) override {
    return false;
  }
  void EndpointsMissing(const xds::ResourceSource*, std::string_view) override {}
  void OnTransportsSettled() override {}
  void WhenInitialized(std::function<void()>) override {}
  bool Has(std::string_view) const override { return false; }
  bool IsDefined(std::string_view) const override { return false; }
  void Shutdown() override {}
};

class AdminHandlersTest : public AdminFixture {
 protected:
  // What `target` answers, its body rendered.
  AdminReply Ask(std::string_view target, http::Method method = http::Method::kGet) {
    const auto handlers = CreateHandlers(sources_);
    const AdminRequest request = ParseAdminRequest(method, target);
    for (const AdminHandler& handler : handlers) {
      if (handler.path != request.path) continue;
      AdminReply reply = handler.answer(request);
      const std::atomic<bool> is_abandoned{false};
      const auto sink = [&](std::string_view piece) { reply.text += piece; };
      if (reply.render) reply.render(sink, is_abandoned);
      return reply;
    }
    ADD_FAILURE() << "no handler of " << target;
    return {};
  }
  void AddCluster() {
    envoy::config::cluster::v3::Cluster proto;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "name: \"web\" type: STATIC connect_timeout { seconds: 1 } load_assignment { cluster_name: "
        "\"web\" endpoints { lb_endpoints { endpoint { address { socket_address { address: "
        "\"10.0.0.1\" port_value: 80 } } } } } }",
        &proto));
    config::Faults faults;
    ASSERT_TRUE(clusters_->AddOrUpdate(proto, false, "", faults)) << faults.ToString();
    google::protobuf::Any any;
    any.PackFrom(proto);
    dump_.Set(ResourceKind::kCluster, "web", "", true, any, faults);
    main_.RunReady();
  }
};

TEST_F(AdminHandlersTest, ReadyIsTheState) {
  EXPECT_EQ(Ask("/ready").status, 200);
  EXPECT_EQ(Ask("/ready").text, "LIVE\n");
  for (const ServerState state :
       {ServerState::kDraining, ServerState::kInitializing, ServerState::kPreInitializing}) {
    state_ = state;
    EXPECT_EQ(Ask("/ready").status, 503);
  }
}

TEST_F(AdminHandlersTest, HelpAndHomeListEverything) {
  const std::string help = Ask("/help").text, home = Ask("/").text;
  for (const AdminHandler& handler : CreateHandlers(sources_)) {
    if (handler.path == "/" || handler.path == "/help") continue;
    EXPECT_THAT(help, HasSubstr(handler.path));
    EXPECT_THAT(home, HasSubstr(handler.path));
  }
  EXPECT_THAT(help, HasSubstr("/quitquitquit (POST)"));
}

TEST_F(AdminHandlersTest, StatsInThreeFormats) {
  EXPECT_THAT(Ask("/stats?filter=requests").text, HasSubstr("test.<b>.requests: 3\n"));
  EXPECT_THAT(Ask("/stats?filter=requests").text, Not(HasSubstr("connections")));
  EXPECT_THAT(Ask("/stats?filter=test").text, HasSubstr("test.<b>.idle: 0\n"));
  EXPECT_THAT(Ask("/stats?usedonly&filter=test").text, Not(HasSubstr("idle")));
  const AdminReply json = Ask("/stats?format=json&filter=test");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_THAT(json.text, HasSubstr("\"stats\""));
  const AdminReply prometheus = Ask("/stats/prometheus");
  EXPECT_THAT(prometheus.content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_THAT(prometheus.text, HasSubstr("# TYPE envoy_"));
  EXPECT_EQ(Ask("/stats?format=prometheus").text, prometheus.text);
}

TEST_F(AdminHandlersTest, StatsSayWhatIsWrongWithTheQuery) {
  EXPECT_EQ(Ask("/stats?filter=(").status, 400);
  EXPECT_EQ(Ask("/stats?format=xml").status, 400);
}

TEST_F(AdminHandlersTest, ClustersAsTextAndJson) {
  AddCluster();
  const std::string text = Ask("/clusters").text;
  EXPECT_THAT(text, HasSubstr("web::default_priority::max_connections::1024\n"));
  EXPECT_THAT(text, HasSubstr("web::added_via_api::false\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.1:80::rq_total::0\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.1:80::health_flags::healthy\n"));
  const AdminReply json = Ask("/clusters?format=json");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_THAT(json.text, HasSubstr("\"cluster_statuses\""));
  EXPECT_THAT(json.text, HasSubstr("\"10.0.0.1\""));
  EXPECT_THAT(json.text, HasSubstr("\"eds_health_status\""));
}

TEST_F(AdminHandlersTest, ListenersAsTextAndJson) {
  EXPECT_EQ(Ask("/listeners").text, "web::127.0.0.1:80\n");
  const std::string json = Ask("/listeners?format=json").text;
  EXPECT_THAT(json, HasSubstr("\"listener_statuses\""));
  EXPECT_THAT(json, HasSubstr("\"local_address\""));
}

TEST_F(AdminHandlersTest, TheDumpHasTheSectionsOfItsKinds) {
  AddCluster();
  const std::string all = Ask("/config_dump").text;
  EXPECT_THAT(all, HasSubstr("envoy.admin.v3.ClustersConfigDump"));
  EXPECT_THAT(all, HasSubstr("envoy.admin.v3.ListenersConfigDump"));
  EXPECT_THAT(all, HasSubstr("\"static_clusters\""));
  EXPECT_THAT(all, Not(HasSubstr("EndpointsConfigDump")));
  EXPECT_THAT(Ask("/config_dump?include_eds").text, HasSubstr("EndpointsConfigDump"));
  EXPECT_THAT(Ask("/config_dump?resource=static_listeners").text,
              Not(HasSubstr("\"static_clusters\"")));
}

TEST_F(AdminHandlersTest, TheDumpSaysWhatBecameOfEachResource) {
  google::protobuf::Any body;
  body.set_type_url("type.googleapis.com/envoy.config.cluster.v3.Cluster");
  dump_.Set(ResourceKind::kCluster, "web", "7", false, body, config::Faults());
  EXPECT_THAT(Ask("/config_dump").text, HasSubstr("\"client_status\": \"ACKED\""));
  dump_.Refuse(ResourceKind::kCluster, "web", "8", body, "name: is missing");
  const std::string refused = Ask("/config_dump?resource=dynamic_active_clusters").text;
  for (const char* part : {"\"version_info\": \"7\"", "\"version_info\": \"8\"",
                           "\"client_status\": \"NACKED\"", "\"details\": \"name: is missing\"",
                           "\"failed_configuration\"", "\"last_update_attempt\""}) {
    EXPECT_THAT(refused, HasSubstr(part));
  }
  dump_.Request(ResourceKind::kRoute, "local");
  const std::string asked = Ask("/config_dump?resource=dynamic_route_configs").text;
  EXPECT_THAT(asked, HasSubstr("\"client_status\": \"REQUESTED\""));
  EXPECT_THAT(asked, HasSubstr("local: asked for, and not answered yet"));
  dump_.SetAbsent(ResourceKind::kEndpoint, "web", ResourceStatus::kTimeout);
  const std::string late = Ask("/config_dump?include_eds").text;
  EXPECT_THAT(late, HasSubstr("\"client_status\": \"TIMEOUT\""));
  EXPECT_THAT(late, HasSubstr("web: asked for, and not answered within initial_fetch_timeout"));
}

TEST_F(AdminHandlersTest, TheDumpTellsWhatIsWarming) {
  google::protobuf::Any body;
  body.set_type_url("type.googleapis.com/envoy.config.listener.v3.Listener");
  dump_.Set(ResourceKind::kListener, "live", "1", false, body, config::Faults());
  EXPECT_THAT(Ask("/config_dump").text, Not(HasSubstr("warming_state")));
  EXPECT_THAT(Ask("/config_dump").text, HasSubstr("active_state"));
  dump_.Set(ResourceKind::kListener, "warming", "1", false, body, config::Faults());
  EXPECT_THAT(Ask("/config_dump").text, HasSubstr("warming_state"));

  clusters::ClusterView view;
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = "web";
  view.config = config;
  view.warming = true;
  ShownClusters clusters;
  clusters.shown.push_back(std::make_shared<const clusters::ClusterView>(view));
  sources_.clusters = &clusters;
  dump_.Set(ResourceKind::kCluster, "web", "1", false, body, config::Faults());
  EXPECT_THAT(Ask("/config_dump?resource=dynamic_warming_clusters").text,
              HasSubstr("dynamic_warming_clusters"));
  EXPECT_THAT(Ask("/config_dump").text, Not(HasSubstr("dynamic_active_clusters")));
}

TEST_F(AdminHandlersTest, SecretsAreShownWithoutTheirKeys) {
  envoy::extensions::transport_sockets::tls::v3::Secret secret;
  secret.set_name("s");
  secret.mutable_tls_certificate()->mutable_private_key()->set_inline_string("KEY");
  google::protobuf::Any any;
  any.PackFrom(secret);
  dump_.Set(ResourceKind::kSecret, "s", "", true, any, config::Faults());
  dump_.Set(ResourceKind::kSecret, "t", "5", false, any, config::Faults());
  dump_.Request(ResourceKind::kSecret, "u");
  const std::string text = Ask("/config_dump").text;
  for (const char* part : {"static_secrets", "dynamic_active_secrets", "dynamic_warming_secrets",
                           "\"name\": \"u\"", "[redacted]"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("KEY")));
  EXPECT_THAT(Ask("/config_dump?resource=static_secrets").text,
              Not(HasSubstr("dynamic_active_secrets")));
}

TEST_F(AdminHandlersTest, IgnoredFieldsAreListed) {
  config::Faults faults;
  faults.AddIgnored("a.b", "is not acted upon");
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/envoy.config.cluster.v3.Cluster");
  dump_.Set(ResourceKind::kCluster, "web", "", true, any, faults);
  EXPECT_EQ(Ask("/config_ignored").text, "web: a.b: is not acted upon\n");
}

TEST_F(AdminHandlersTest, ServerInfoHasStateAndUptime) {
  const std::string json = Ask("/server_info").text;
  EXPECT_THAT(json, HasSubstr("\"version\": \"weir/test\""));
  EXPECT_THAT(json, HasSubstr("\"state\": \"LIVE\""));
  EXPECT_THAT(json, HasSubstr("\"uptime_current_epoch\": \"7s\""));
}

TEST_F(AdminHandlersTest, ServerInfoSaysWhenTheLastGoodConfigurationServes) {
  const std::string key = "\"serves_last_good\": true";
  EXPECT_THAT(Ask("/server_info").text, Not(HasSubstr(key)));
  bool is_serving = false;
  sources_.serves_last_good = [&is_serving] { return is_serving; };
  EXPECT_THAT(Ask("/server_info").text, Not(HasSubstr(key)));
  is_serving = true;
  const std::string json = Ask("/server_info").text;
  EXPECT_THAT(json, HasSubstr("\"version\": \"weir/test\""));
  EXPECT_THAT(json, HasSubstr(",\n " + key + "\n}"));
}

TEST_F(AdminHandlersTest, MemoryIsNumbers) {
  EXPECT_THAT(Ask("/memory").text, StartsWith("{\"allocated\": \""));
}

TEST_F(AdminHandlersTest, LevelsCanBeChangedAndListed) {
  const std::string component = base::Components().front();
  const auto before = base::GetLogLevel(component);
  const AdminReply changed = Ask(absl::StrCat("/logging?", component, "=critical"));
  EXPECT_THAT(changed.text, HasSubstr(absl::StrCat(component, ": critical")));
  EXPECT_EQ(base::GetLogLevel(component), base::LogLevel::kCritical);
  EXPECT_EQ(Ask("/logging?level=loud").status, 400);
  EXPECT_EQ(Ask("/logging?nobody=info").status, 400);
  base::SetLogLevel(component, before);
}

TEST_F(AdminHandlersTest, WhatEndsTheProcess) {
  EXPECT_EQ(Ask("/quitquitquit", http::Method::kPost).text, "OK\n");
  EXPECT_EQ(quits_, 1);
  Ask("/drain_listeners", http::Method::kPost);
  EXPECT_EQ(drains_, 1);
}

TEST_F(AdminHandlersTest, WhatMakesProbesFail) {
  EXPECT_EQ(Ask("/healthcheck/fail", http::Method::kPost).text, "OK\n");
  EXPECT_TRUE(fails_);
  EXPECT_EQ(Ask("/healthcheck/ok", http::Method::kPost).text, "OK\n");
  EXPECT_FALSE(fails_);
}

TEST_F(AdminHandlersTest, EjectedHostsAndSuccessRates) {
  class Monitor final : public balancing::HostMonitor {
    void OnResponse(int) override {}
    void OnLocalOutcome(balancing::LocalOutcome) override {}
    SuccessRates success_rates() const override { return {62.5, -1}; }
    int64_t ejected_until_ms() const override { return INT64_MAX / 2; }
  };
  clusters::ClusterView view;
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = "web";
  view.config = config;
  const auto host = std::make_shared<balancing::Host>(*net::Address::ParseIp("10.0.0.9", 80), "",
                                                      std::make_shared<balancing::Locality>());
  host->activity().SetMonitor(std::make_unique<Monitor>());
  host->SetHealthFlag(balancing::HealthFlag::kFailedOutlierCheck, true);
  view.hosts.push_back({host, 0});
  const auto rates = std::make_shared<health::ClusterSuccessRates>();
  rates->mean[0] = 90;
  rates->threshold[0] = 70.25;
  view.success_rates = rates;
  ShownClusters clusters;
  clusters.shown.push_back(std::make_shared<const clusters::ClusterView>(view));
  sources_.clusters = &clusters;
  const std::string text = Ask("/clusters").text;
  EXPECT_THAT(text, HasSubstr("web::outlier::success_rate_average::90\n"));
  EXPECT_THAT(text, HasSubstr("web::outlier::success_rate_ejection_threshold::70.25\n"));
  EXPECT_THAT(text, HasSubstr("web::outlier::local_origin_success_rate_average::-1\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::health_flags::/failed_outlier_check\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::success_rate::62.5\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::local_origin_success_rate::-1\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::ejected_ms_left::"));
  const std::string json = Ask("/clusters?format=json").text;
  EXPECT_THAT(json, HasSubstr("\"failed_outlier_check\": true"));
  EXPECT_THAT(json, HasSubstr("\"success_rate_ejection_threshold\": {"));
  EXPECT_THAT(json, HasSubstr("62.5"));
  EXPECT_THAT(json, Not(HasSubstr("local_origin")));
}

TEST_F(AdminHandlersTest, HostsThatLeftTheirClusterAreShownWhileTheyAreInUse) {
  clusters::ClusterView view;
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = "web";
  view.config = config;
  view.draining.push_back(std::make_shared<balancing::Host>(
      *net::Address::ParseIp("10.0.0.9", 80), "", std::make_shared<balancing::Locality>()));
  ShownClusters clusters;
  clusters.shown.push_back(std::make_shared<const clusters::ClusterView>(view));
  sources_.clusters = &clusters;
  const std::string text = Ask("/clusters").text;
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::health_flags::/pending_dynamic_removal\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::rq_active::0\n"));
  EXPECT_THAT(Ask("/clusters?format=json").text, HasSubstr("\"pending_dynamic_removal\": true"));
}

TEST_F(AdminHandlersTest, HostsAreShownWithWhatChecksFound) {
  clusters::ClusterView view;
  auto config = std::make_shared<upstream::ClusterConfig>();
  config->name = "web";
  view.config = config;
  auto host = std::make_shared<balancing::Host>(*net::Address::ParseIp("10.0.0.9", 80), "",
                                                std::make_shared<balancing::Locality>());
  host->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, true);
  host->SetHealthFlag(balancing::HealthFlag::kExcluded, true);
  const balancing::ProbeReport probe{balancing::ProbeAnswer::kTimeout, 0, 1500};
  host->activity().last_probe = probe.Pack();
  view.hosts.push_back({host, 0});
  ShownClusters clusters;
  clusters.shown.push_back(std::make_shared<const clusters::ClusterView>(view));
  sources_.clusters = &clusters;
  const std::string text = Ask("/clusters").text;
  EXPECT_THAT(text, HasSubstr("health_flags::/failed_active_hc/excluded_via_immediate_hc_fail\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::last_health_check::timeout\n"));
  EXPECT_THAT(text, HasSubstr("web::10.0.0.9:80::last_health_check_us::1500\n"));
  const std::string json = Ask("/clusters?format=json").text;
  for (const char* const field :
       {"failed_active_health_check", "active_hc_timeout", "excluded_via_immediate_hc_fail"}) {
    EXPECT_THAT(json, HasSubstr(absl::StrCat("\"", field, "\": true")));
  }
  EXPECT_THAT(json, HasSubstr("\"last_health_check_us\""));
}

TEST_F(AdminHandlersTest, CertificatesWithTheirDays) {
  EXPECT_THAT(Ask("/certs").text, Not(HasSubstr("path")));
  sources_.certificates = [] {
    tls::CertificateDetails leaf;
    leaf.path = "/etc/a.pem";
    leaf.serial_number = "0a";
    leaf.dns_sans = {"a.test"};
    leaf.uri_sans = {"spiffe://a"};
    leaf.expires_s = 1'767'225'845;
    leaf.days_until_expiration = 30;
    tls::CertificateDetails ca;
    ca.path = "/etc/ca.pem";
    ca.days_until_expiration = -3;
    return std::vector<tls::ContextCertificates>{{"listener.x", {ca}, {leaf}}};
  };
  const std::string text = Ask("/certs").text;
  for (const char* const part :
       {"\"ca_cert\"", "\"/etc/ca.pem\"", "\"cert_chain\"", "\"/etc/a.pem\"", "\"0a\"",
        "\"a.test\"", "\"spiffe://a\"", "\"30\"", "2026-01-01T00:04:05Z"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("-3"))) << "what has expired has no days left";
}

}  // namespace
}  // namespace weir::admin
