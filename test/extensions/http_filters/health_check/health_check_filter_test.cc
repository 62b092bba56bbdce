#include "source/extensions/http_filters/health_check/health_check_filter.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route_components.pb.h"
#include "source/filter/http_filter_chain.h"
#include "test/clusters/proto_fixture.h"
#include "test/filter/factory_fixture.h"
#include "test/routing/route_text.h"

namespace weir::extensions::health_check {
namespace {

// The upstream's handle on the stream; null: it was not asked.
struct Backend {
  filter::Stream* stream = nullptr;
};

class Terminal final : public filter::HttpFilter {
 public:
  explicit Terminal(Backend* const& backend) : backend_(*backend) {}
  filter::FilterStatus OnRequestHead(http::RequestHead&, bool) override {
    backend_.stream = &stream();
    return filter::FilterStatus::kPause;
  }

 private:
  Backend& backend_;
};

class HealthCheckFilterTest : public test::FactoryFixture, public filter::StreamSink {
 protected:
  HealthCheckFilterTest() {
    settings_.verdict = &verdict_;
    settings_.own_cluster = "me";
    settings_.headers.push_back(routing::ParseHeaderMatcher(
        test::FromText<envoy::config::route::v3::HeaderMatcher>(R"pb(name: ":path"
                                                                     string_match {
                                                                       exact: "/healthz"
                                                                     })pb"),
        faults_));
  }
  ~HealthCheckFilterTest() override { chain_.End(); }

  void PassThrough(int64_t cache_s = 0) {
    settings_.passes_through = true;
    if (cache_s > 0) settings_.cache = std::make_shared<ProbeCache>(cache_s * 1'000'000'000);
  }
  // Of three hosts, the healthy and the degraded ones.
  void AddCluster(std::string_view name, int healthy, int degraded, int total = 3) {
    std::string endpoints;
    for (int i = 0; i < total; ++i) {
      const std::string_view health = i < healthy              ? "HEALTHY"
                                      : i < healthy + degraded ? "DEGRADED"
                                                               : "UNHEALTHY";
      absl::StrAppend(&endpoints, i > 0 ? ", " : "",
                      "{endpoint: {address: {socket_address: {address: 10.0.0.", i + 1,
                      ", port_value: 80}}}, health_status: ", std::string(health), "}");
    }
    const std::string yaml = absl::StrCat("{name: ", std::string(name),
                                          ", type: STATIC, load_assignment: {cluster_name: c, ",
                                          "endpoints: [{lb_endpoints: [", endpoints, "]}]}}");
    EXPECT_TRUE(clusters_->AddOrUpdate(clusters::ClusterFromYaml(yaml), true, "", faults_))
        << faults_.ToString();
    loop_.RunReady();
  }
  void Need(std::string_view cluster, double percent) {
    settings_.clusters.push_back({&clusters_->Slot(cluster), percent});
  }

  void Begin(std::string_view path) {
    chain_.End();
    chain_.Clear();
    filters_.entries.clear();
    filters_.entries.push_back(
        {"health",
         std::make_shared<filter::HttpFilterConfigOf<HealthCheckFilter, HealthCheckSettings>>(
             settings_)});
    filters_.entries.push_back(
        {"end", std::make_shared<filter::HttpFilterConfigOf<Terminal, Backend*>>(&backend_, true)});
    backend_ = {};
    status_ = 0;
    fields_.clear();
    info_ = {};
    request_ = std::make_unique<test::Request>("GET", "h", path);
    info_.request = &request_->head;
    chain_.Begin(filters_, *this, 64 * 1024);
  }
  // The status of the reply; 0: there is none, the upstream was asked.
  int Ask(std::string_view path = "/healthz") {
    Begin(path);
    chain_.OnRequestHead(request_->head, true);
    return status_;
  }
  void Respond(int status, std::string_view header = {}) {
    ASSERT_NE(backend_.stream, nullptr);
    response_.emplace(arena_);
    response_->status = status;
    if (!header.empty()) response_->headers.Add(header, "true");
    backend_.stream->SendHead(*response_, true);
  }
  bool HasFlag() { return info_.flags.Has(filter::ResponseFlag::kFailedLocalHealthCheck); }

  // filter::StreamSink
  void WriteInformational(http::ResponseHead&) override {}
  void WriteHead(http::ResponseHead& head, bool) override {
    status_ = head.status;
    for (const char* const name : {"x-envoy-upstream-healthchecked-cluster",
                                   "x-envoy-immediate-health-check-fail", "x-envoy-degraded"}) {
      const http::Header* const found = head.headers.Find(name);
      if (found != nullptr) absl::StrAppend(&fields_, name, "=", std::string(found->value), " ");
    }
  }
  void WriteBody(base::Buffer& body, bool) override { body.Clear(); }
  void WriteTrailers(http::HeaderMap&) override {}
  void ResetStream(const http::StreamError&) override {}
  void PauseReceiving() override {}
  void ResumeReceiving() override {}
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return nullptr; }
  const routing::RouteTable* route_table() override { return nullptr; }
  void RefreshRoute() override {}

  filter::HealthVerdict verdict_;
  HealthCheckSettings settings_;
  base::Arena arena_;
  filter::StreamInfo info_;
  Backend backend_;
  filter::HttpFilterList filters_;
  std::unique_ptr<test::Request> request_;
  std::optional<http::ResponseHead> response_;
  int status_ = 0;
  std::string fields_;
  filter::HttpFilterChain chain_;
};

TEST_F(HealthCheckFilterTest, AnswersProbesItself) {
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(info_.response_code_details, "health_check_ok");
  EXPECT_EQ(fields_, "x-envoy-upstream-healthchecked-cluster=me ");
  EXPECT_TRUE(info_.is_health_check);
  EXPECT_FALSE(HasFlag());
}

TEST_F(HealthCheckFilterTest, OtherRequestsPass) {
  EXPECT_EQ(Ask("/other"), 0);
  EXPECT_FALSE(info_.is_health_check);
  Respond(200);
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(fields_, "");
}

TEST_F(HealthCheckFilterTest, WaitsForTheEndOfTheRequest) {
  Begin("/healthz");
  chain_.OnRequestHead(request_->head, false);
  base::Buffer body;
  body.Append("what is this?");
  chain_.OnRequestBody(body, false);
  EXPECT_EQ(status_, 0);
  chain_.OnRequestBody(body, true);
  EXPECT_EQ(status_, 200);
}

TEST_F(HealthCheckFilterTest, FailsWhenToldTo) {
  verdict_.SetFailed(true);
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(info_.response_code_details, "health_check_failed");
  EXPECT_TRUE(HasFlag());
  EXPECT_EQ(Ask("/other"), 0);
  Respond(200);
  EXPECT_EQ(fields_, "x-envoy-immediate-health-check-fail=true ");
  verdict_.SetFailed(false);
  EXPECT_EQ(Ask(), 200);
}

TEST_F(HealthCheckFilterTest, FailsWhileItDrainsInAllModes) {
  verdict_.SetDraining();
  EXPECT_EQ(Ask(), 503);
  PassThrough(5);
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(backend_.stream, nullptr);
  verdict_.SetFailed(false);  // an operator does not end a drain
  EXPECT_EQ(Ask(), 503);
}

TEST_F(HealthCheckFilterTest, ADrainCountsThatBeginsInTheMiddle) {
  Begin("/healthz");
  chain_.OnRequestHead(request_->head, false);
  verdict_.SetDraining();
  base::Buffer none;
  chain_.OnRequestBody(none, true);
  EXPECT_EQ(status_, 503);
}

TEST_F(HealthCheckFilterTest, PassThroughAsksTheUpstreamEachTime) {
  PassThrough();
  for (const int status : {200, 503, 200}) {
    EXPECT_EQ(Ask(), 0);
    EXPECT_TRUE(info_.is_health_check);
    Respond(status);
    EXPECT_EQ(status_, status);
    EXPECT_EQ(fields_, "x-envoy-upstream-healthchecked-cluster=me ");
    EXPECT_FALSE(HasFlag());
  }
}

TEST_F(HealthCheckFilterTest, CachedAnswersAreGoodForATime) {
  PassThrough(5);
  EXPECT_EQ(Ask(), 0);
  Respond(404, "x-envoy-degraded");
  clock_.AdvanceMs(4'999);
  loop_.RunReady();
  EXPECT_EQ(Ask(), 404);
  EXPECT_EQ(info_.response_code_details, "health_check_cached");
  EXPECT_EQ(fields_, "x-envoy-upstream-healthchecked-cluster=me x-envoy-degraded=true ");
  EXPECT_TRUE(HasFlag());
  EXPECT_EQ(Ask("/other"), 0);
  clock_.AdvanceMs(1);
  loop_.RunReady();
  EXPECT_EQ(Ask(), 0);
  Respond(200);
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(fields_, "x-envoy-upstream-healthchecked-cluster=me ");
}

TEST_F(HealthCheckFilterTest, ClustersMustHaveEnoughHealthyHosts) {
  AddCluster("a", 1, 1);
  Need("a", 66);
  EXPECT_EQ(Ask(), 200);
  settings_.clusters[0].healthy_percent = 67;
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(info_.response_code_details, "health_check_failed_cluster_unhealthy");
  EXPECT_TRUE(HasFlag());
}

TEST_F(HealthCheckFilterTest, AnEmptyClusterFailsUnlessNothingIsNeeded) {
  AddCluster("a", 0, 0, 0);
  Need("a", 0);
  EXPECT_EQ(Ask(), 200);
  settings_.clusters[0].healthy_percent = 1;
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(info_.response_code_details, "health_check_failed_cluster_empty");
}

TEST_F(HealthCheckFilterTest, AClusterThatIsNotThereFails) {
  Need("none", 0);
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(info_.response_code_details, "health_check_failed_cluster_not_found");
}

}  // namespace
}  // namespace weir::extensions::health_check
