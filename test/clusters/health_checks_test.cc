// What active checks do to clusters and their hosts: warming, joining, leaving, redefinition.
#include "test/clusters/registry_fixture.h"

namespace weir::clusters {
namespace {

constexpr std::string_view kChecks =
    "health_checks: [{timeout: 1s, interval: 2s, no_traffic_interval: 2s, unhealthy_threshold: 1, "
    "healthy_threshold: 1, http_health_check: {path: /}}]";

class HealthChecksTest : public RegistryFixture {
 protected:
  ~HealthChecksTest() override { manager_->Shutdown(); }

  bool IsLive() { return manager_->Has("web"); }
  bool TurnAnswering(upstream::Backend& backend, const std::function<bool()>& is_done) {
    return TurnUntil([&] {
      backend.Answer();
      return is_done();
    });
  }
  uint32_t HealthyCount() {
    const auto hosts = HostsOf();
    return hosts == nullptr ? 0 : hosts->healthy_count();
  }
  // A live EDS cluster of one host that is well.
  void MakeEds(std::string_view more = {}) {
    ASSERT_TRUE(AddEds("web", {}, base::StrCat(kChecks, more))) << faults_;
    ASSERT_TRUE(UpdateEndpoints("web", {backend_.address()}));
    ASSERT_TRUE(TurnAnswering(backend_, [&] { return IsLive(); }));
    ASSERT_EQ(HealthyCount(), 1U);
  }
};

TEST_F(HealthChecksTest, WarmsOnceEveryHostWasChecked) {
  upstream::Backend silent;
  ASSERT_TRUE(AddStatic({backend_.address(), silent.address()}, kChecks)) << faults_;
  EXPECT_FALSE(TurnAnswering(backend_, [&] { return IsLive(); }));
  Advance(1000);
  ASSERT_TRUE(TurnUntil([&] { return IsLive(); })) << "the timeout is a result as well";
  EXPECT_EQ(HealthyCount(), 1U);
  EXPECT_EQ(HostCount(), 2U);
}

TEST_F(HealthChecksTest, AHostThatJoinsWaitsForItsCheck) {
  MakeEds();
  upstream::Backend other;
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address(), other.address()}));
  EXPECT_EQ(HealthyCount(), 1U) << "in the very set that brings it";
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_TRUE(TurnAnswering(other, [&] { return HealthyCount() == 2; }));
}

TEST_F(HealthChecksTest, AnExemptHostDoesNot) {
  MakeEds();
  const std::string port = base::StrCat(backend_.address().port());
  ASSERT_TRUE(UpdateEndpoints(base::StrCat(
      "{cluster_name: web, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: "
      "{address: 127.0.0.1, port_value: ",
      port, "}}}}, {endpoint: {health_check_config: {disable_active_health_check: true}, ",
      "address: {socket_address: {address: 127.0.0.2, port_value: ", port, "}}}}]}]}")))
      << faults_;
  EXPECT_EQ(HealthyCount(), 2U);
}

TEST_F(HealthChecksTest, ARemovedHostStaysWhileItIsWell) {
  MakeEds();
  upstream::Backend other;
  ASSERT_TRUE(UpdateEndpoints("web", {other.address()}));
  ASSERT_TRUE(TurnAnswering(other, [&] { return HealthyCount() == 2; }));
  ASSERT_TRUE(UpdateEndpoints("web", {other.address()}));
  EXPECT_EQ(HostCount(), 2U);
  backend_.Stop();
  backend_.peer(0).Close();
  Turn(5);
  Advance(2000);
  EXPECT_TRUE(TurnAnswering(other, [&] { return HostCount() == 1; }));
  EXPECT_EQ(HostsOf()->hosts()[0]->address(), other.address());
}

TEST_F(HealthChecksTest, ARemovedHostThatIsUnwellGoesAtOnce) {
  MakeEds();
  HostsOf()->hosts()[0]->SetHealthFlag(balancing::HealthFlag::kFailedActiveCheck, true);
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  EXPECT_EQ(HostCount(), 1U);
}

TEST_F(HealthChecksTest, ARemovedHostGoesAtOnceWhereThatIsSaid) {
  MakeEds(", ignore_health_on_host_removal: true");
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  EXPECT_EQ(HostCount(), 1U);
  EXPECT_EQ(HostsOf()->hosts()[0]->address(), Ip(1));
}

TEST_F(HealthChecksTest, ARedefinitionKeepsWhatIsKnown) {
  upstream::Backend other;
  ASSERT_TRUE(AddStatic({backend_.address(), other.address()}, kChecks)) << faults_;
  other.Stop();
  ASSERT_TRUE(TurnAnswering(backend_, [&] { return IsLive(); }));
  const balancing::HostPtr well = HostsOf()->hosts()[0], unwell = HostsOf()->hosts()[1];
  ASSERT_TRUE(well->is_usable() && !unwell->is_usable());
  ASSERT_TRUE(AddStatic({backend_.address(), other.address()},
                        base::StrCat(kChecks, ", connect_timeout: 3s")));
  EXPECT_TRUE(well->is_usable() && !unwell->is_usable());
  ASSERT_TRUE(TurnAnswering(backend_, [&] {
    return HostsOf() != nullptr && At(0)->cluster().config()->options->connect.timeout_ms == 3000;
  }));
  EXPECT_EQ(HostsOf()->hosts()[0], well);
  EXPECT_EQ(HealthyCount(), 1U);
}

TEST_F(HealthChecksTest, ARedefinitionWithoutChecksForgets) {
  upstream::Backend other;
  ASSERT_TRUE(AddStatic({backend_.address(), other.address()}, kChecks)) << faults_;
  other.Stop();
  ASSERT_TRUE(TurnAnswering(backend_, [&] { return IsLive(); }));
  ASSERT_EQ(HealthyCount(), 1U);
  ASSERT_TRUE(AddStatic({backend_.address(), other.address()}));
  Turn(3);
  EXPECT_EQ(HealthyCount(), 2U);
}

// N14
TEST_F(HealthChecksTest, AnAnswerToARequestCanTakeAHostOut) {
  upstream::Backend other;
  ASSERT_TRUE(AddStatic({backend_.address(), other.address()}, kChecks)) << faults_;
  ASSERT_TRUE(TurnUntil([&] {
    backend_.Answer();
    other.Answer();
    return IsLive();
  }));
  const balancing::HostPtr host = HostsOf()->hosts()[0];
  upstream::TrafficFindings* const findings = At(0)->findings();
  ASSERT_NE(findings, nullptr);
  findings->OnImmediateFailure(host);
  findings->OnImmediateFailure(host);
  EXPECT_TRUE(host->is_usable()) << "main has not heard of it";
  Turn(2);
  EXPECT_FALSE(host->is_usable());
  EXPECT_EQ(HealthyCount(), 1U);
  ASSERT_TRUE(AddStatic({backend_.address()}));
  Turn(3);
  EXPECT_EQ(At(0)->findings(), nullptr) << "nobody checks it any more";
  EXPECT_TRUE(host->is_usable());
}

// Q08
TEST_F(HealthChecksTest, ConnectionsOfAHostThatFailsCloseWhereThatIsSaid) {
  for (const bool closes : {true, false}) {
    upstream::Backend backend;
    const std::string more = base::StrCat(
        kChecks, ", close_connections_on_host_health_failure: ", closes ? "true" : "false");
    ASSERT_TRUE(AddStatic({backend.address()}, more)) << faults_;
    ASSERT_TRUE(TurnAnswering(backend, [&] { return HealthyCount() == 1; }));
    upstream::ConnectionClient older, newer;
    older.Ask(*At(0));
    ASSERT_TRUE(TurnUntil([&] { return older.connection != nullptr; }));
    ASSERT_TRUE(AddStatic({backend.address()}, base::StrCat(more, ", connect_timeout: 3s")));
    ASSERT_TRUE(TurnAnswering(backend, [&] { return manager_->Clusters().size() == 1; }));
    newer.Ask(*At(1));
    ASSERT_TRUE(TurnUntil([&] { return newer.connection != nullptr; }));
    backend.Accept();
    backend.Stop();
    Advance(2000);
    EXPECT_FALSE(older.closed || newer.closed);
    Advance(1000);
    ASSERT_TRUE(TurnUntil([&] { return HealthyCount() == 0; }));
    Turn(5);
    EXPECT_EQ(older.closed, closes) << "though its definition was replaced";
    EXPECT_EQ(newer.closed, closes);
    older.Drop();
    newer.Drop();
  }
}

TEST_F(HealthChecksTest, FaultsAreNamed) {
  EXPECT_FALSE(AddStatic({}, base::StrCat(kChecks, ", type: LOGICAL_DNS")));
  EXPECT_NE(faults_.find("health_checks: are not implemented for type LOGICAL_DNS"),
            std::string::npos)
      << faults_;
  EXPECT_FALSE(AddStatic({},
                         "health_checks: [{timeout: 1s, interval: 2s, unhealthy_threshold: 1, "
                         "healthy_threshold: 1, tcp_health_check: {send: {text: x}}}]"));
  EXPECT_NE(faults_.find("health_checks[0].tcp_health_check.send.text"), std::string::npos)
      << faults_;
  EXPECT_FALSE(AddStatic({},
                         "health_checks: [{timeout: 1s, interval: 2s, unhealthy_threshold: 1, "
                         "healthy_threshold: 1, tcp_health_check: {}, event_log_path: /a}]"));
  EXPECT_NE(faults_.find("health_checks[0].event_log_path"), std::string::npos) << faults_;
}

}  // namespace
}  // namespace weir::clusters
