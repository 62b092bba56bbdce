#include "source/discovery/load_ledger.h"

#include <gtest/gtest.h>

#include <memory>

#include "envoy/config/endpoint/v3/load_report.pb.h"
#include "source/base/strings.h"

namespace weir::discovery {
namespace {

using balancing::HostPtr;
using clusters::ClusterView;
using envoy::config::endpoint::v3::ClusterStats;

class LoadLedgerTest : public testing::Test {
 protected:
  HostPtr AddHost(int number, const std::string& zone = "a", uint32_t priority = 0) {
    auto locality = std::make_shared<balancing::Locality>();
    locality->zone = zone;
    auto host = std::make_shared<balancing::Host>(
        *net::Address::ParseIp(base::StrCat("10.0.0.", number), 80), "", std::move(locality));
    view_.hosts.push_back({host, priority});
    return host;
  }
  // Requests that were issued, of which so many have ended.
  static void Run(balancing::Host& host, int issued, int succeeded, int failed) {
    host.activity().requests_total += issued;
    host.activity().requests_success += succeeded;
    host.activity().requests_error += failed;
    host.active_requests += issued - succeeded - failed;
  }
  ClusterStats Report(bool by_endpoint = false) {
    ClusterStats out;
    now_us_ += 2'500'000;
    tells_ = ledger_.Report("web", is_there_ ? &view_ : nullptr, now_us_, by_endpoint, out);
    return out;
  }
  void Open() { ledger_.Open("web", &view_, now_us_); }
  LoadLedgerTest() {
    auto config = std::make_shared<upstream::ClusterConfig>();
    config->name = "web";
    config->eds_service_name = base::SharedText("web-service");
    view_.config = std::move(config);
  }

  ClusterView view_;
  LoadLedger ledger_;
  int64_t now_us_ = 1'000'000;
  bool is_there_ = true;
  bool tells_ = false;
};

TEST_F(LoadLedgerTest, TellsWhatHappenedSinceTheLastReport) {
  const HostPtr host = AddHost(1);
  Run(*host, 10, 9, 1);
  Open();
  Run(*host, 5, 3, 1);
  ClusterStats first = Report();
  EXPECT_EQ(first.cluster_name(), "web");
  EXPECT_EQ(first.cluster_service_name(), "web-service");
  EXPECT_EQ(first.load_report_interval().seconds(), 2);
  EXPECT_EQ(first.load_report_interval().nanos(), 500'000'000);
  ASSERT_EQ(first.upstream_locality_stats_size(), 1);
  EXPECT_EQ(first.upstream_locality_stats(0).total_issued_requests(), 5u);
  EXPECT_EQ(first.upstream_locality_stats(0).total_successful_requests(), 3u);
  EXPECT_EQ(first.upstream_locality_stats(0).total_error_requests(), 1u);
  EXPECT_EQ(first.upstream_locality_stats(0).total_requests_in_progress(), 1u);
  EXPECT_EQ(first.upstream_locality_stats(0).upstream_endpoint_stats_size(), 0);
  Open();
  Run(*host, 0, 1, 0);
  const ClusterStats second = Report();
  EXPECT_EQ(second.upstream_locality_stats(0).total_issued_requests(), 0u);
  EXPECT_EQ(second.upstream_locality_stats(0).total_successful_requests(), 1u);
  EXPECT_EQ(second.upstream_locality_stats(0).total_requests_in_progress(), 0u);
  EXPECT_EQ(Report().upstream_locality_stats_size(), 0) << "nothing happened";
  EXPECT_TRUE(tells_);
}

TEST_F(LoadLedgerTest, ByLocalityAndPriorityAndEndpoint) {
  for (const HostPtr& host :
       {AddHost(1, "a"), AddHost(2, "a"), AddHost(3, "b"), AddHost(4, "a", 1)}) {
    Run(*host, 2, 2, 0);
  }
  ledger_.Open("web", nullptr, now_us_);
  const ClusterStats report = Report(true);
  ASSERT_EQ(report.upstream_locality_stats_size(), 3);
  uint64_t issued = 0, by_endpoint = 0;
  for (const auto& locality : report.upstream_locality_stats()) {
    issued += locality.total_issued_requests();
    for (const auto& endpoint : locality.upstream_endpoint_stats()) {
      by_endpoint += endpoint.total_issued_requests();
      EXPECT_TRUE(endpoint.address().socket_address().address().starts_with("10.0.0."));
      EXPECT_EQ(endpoint.address().socket_address().port_value(), 80u);
    }
  }
  EXPECT_EQ(issued, 8u) << "one that is new since then is told of in whole";
  EXPECT_EQ(by_endpoint, 8u);
}

TEST_F(LoadLedgerTest, AHostThatLeftIsToldOfUntilItsLastRequestIsDone) {
  const HostPtr host = AddHost(1);
  Open();
  Run(*host, 2, 1, 0);
  view_.hosts.clear();
  EXPECT_EQ(Report().upstream_locality_stats(0).total_issued_requests(), 2u);
  is_there_ = false;
  Run(*host, 0, 1, 0);
  EXPECT_EQ(Report().upstream_locality_stats(0).total_successful_requests(), 1u);
  EXPECT_TRUE(tells_);
  EXPECT_EQ(host.use_count(), 1) << "forgotten";
  Report();
  EXPECT_FALSE(tells_);
}

TEST_F(LoadLedgerTest, ClustersThatAreNotOpenAreNotToldOf) {
  AddHost(1);
  Report();
  EXPECT_FALSE(tells_);
  Open();
  EXPECT_EQ(ledger_.Clusters(), std::vector<std::string>{"web"});
  ledger_.Close("web");
  EXPECT_TRUE(ledger_.Clusters().empty());
}

}  // namespace
}  // namespace weir::discovery
