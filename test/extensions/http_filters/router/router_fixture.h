// A router at the end of a real filter chain, between a scripted downstream and a FakeCluster.
// Clusters "web" (there) and "gone" (a slot without a cluster). Test thread.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/base/random.h"
#include "source/extensions/http_filters/router/router_filter.h"
#include "source/filter/http_filter_chain.h"
#include "source/filter/substitution_format.h"
#include "test/extensions/http_filters/router/fake_cluster.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::router {

class RouterFixture : public testing::Test, public filter::StreamSink {
 protected:
  RouterFixture() {
    // With another generator one backoff in 25 is 0 ms, and its try is made at once.
    base::Random::OfThread() = base::Random(1);
    Slot("web").cluster = &cluster_;
    connection_.SetAddresses(*net::Address::ParseIp("192.0.2.5", 4000),
                             *net::Address::ParseIp("192.0.2.1", 80));
    info_.connection = &connection_;
  }
  ~RouterFixture() override { EndStream(); }

  FakeSlot& Slot(std::string_view name) {
    auto& slot = slots_[std::string(name)];
    if (slot == nullptr) slot = std::make_unique<FakeSlot>(std::string(name));
    return *slot;
  }

  // One virtual host with these contents (protobuf text).
  void UseHost(const std::string& text) {
    const auto slot = [this](std::string_view name) -> clusters::ClusterSlot* {
      return &Slot(name);
    };
    const auto value =
        [](std::string_view text) -> absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> {
      return filter::CompileValueTemplate(text);
    };
    const auto filter_config = [](const std::string&, const google::protobuf::Any&,
                                  config::Faults&) {
      return std::shared_ptr<const routing::FilterConfig>();
    };
    table_ =
        test::ParseTable(absl::StrCat("virtual_hosts { name: \"v\" domains: \"*\" ", text, " }"),
                         {slot, value, filter_config});
    ASSERT_NE(table_, nullptr);
  }
  // One route to "web" with these fields of RouteAction.
  void UseRoute(const std::string& action = "") {
    UseHost(
        absl::StrCat("routes { match { prefix: \"/\" } route { cluster: \"web\" ", action, " } }"));
  }

  void SendHead(bool ends = true, test::Request::Headers headers = {},
                std::string_view method = "GET") {
    if (table_ == nullptr) UseRoute();
    request_ = std::make_unique<test::Request>(method, "example.com", "/path?q", headers);
    request_->head.upgrade = upgrade_;
    info_.request = &request_->head;
    RefreshRoute();
    filters_.entries.clear();
    filters_.entries.push_back(
        {"router", std::make_shared<filter::HttpFilterConfigOf<RouterFilter, RouterSettings>>(
                       settings_, true)});
    chain_.Begin(filters_, *this, 64 * 1024);
    chain_.OnRequestHead(request_->head, ends);
  }
  void SendBody(std::string_view text, bool ends) {
    base::Buffer body;
    body.Append(text);
    chain_.OnRequestBody(body, ends);
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }
  // Past any backoff of the default policy.
  void WaitForRetry() { Advance(300); }
  void EndStream() {
    chain_.End();
    chain_.Clear();
    info_.upstream_host.reset();
  }

  std::string Written() const { return absl::StrJoin(written_, " | "); }
  std::string ResponseHeader(std::string_view name) const {
    return response_ == nullptr ? "" : std::string(response_->headers.Value(name));
  }
  FakeStream& upstream() { return cluster_.last(); }
  uint64_t Count(stats::Counter upstream::ClusterStats::*counter) {
    return (cluster_.stats().*counter).value();
  }

  // filter::StreamSink
  void WriteInformational(http::ResponseHead& head) override {
    written_.push_back(absl::StrCat("informational ", head.status));
  }
  void WriteHead(http::ResponseHead& head, bool ends) override {
    response_ = &head;
    written_.push_back(absl::StrCat(head.status, ends ? " end" : ""));
    if (ends && ends_with_response_) chain_.End();
  }
  void WriteBody(base::Buffer& body, bool ends) override {
    written_.push_back(absl::StrCat(body.ToString(), ends ? " end" : ""));
    body.Clear();
    if (ends && ends_with_response_) chain_.End();
  }
  void WriteTrailers(http::HeaderMap& trailers) override {
    const std::string status(trailers.Value(http::HeaderId::kGrpcStatus));
    written_.push_back(absl::StrCat("trailers", status.empty() ? "" : " of status ", status));
    if (ends_with_response_ && !status.empty()) chain_.End();
  }
  void ResetStream(const http::StreamError& error) override {
    written_.push_back(absl::StrCat("reset ", std::string(error.detail)));
    chain_.End();
  }
  void PauseReceiving() override { ++request_pauses_; }
  void ResumeReceiving() override { --request_pauses_; }
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return info_.route; }
  const routing::RouteTable* route_table() override { return table_.get(); }
  void RefreshRoute() override {
    info_.route = table_->Find(request_->head, 0);
    info_.stream_id = 7;
    info_.weighted_cluster =
        routing::RouteTable::Choose(info_.route, request_->head, info_.stream_id);
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  base::Arena arena_;
  FakeCluster cluster_;
  std::map<std::string, std::unique_ptr<FakeSlot>> slots_;
  RouterSettings settings_;
  std::unique_ptr<const routing::RouteTable> table_;
  std::unique_ptr<test::Request> request_;
  std::string upgrade_;
  filter::ConnectionInfo connection_;
  filter::StreamInfo info_;
  filter::HttpFilterList filters_;
  filter::HttpFilterChain chain_;
  std::vector<std::string> written_;
  http::ResponseHead* response_ = nullptr;
  int request_pauses_ = 0;
  bool ends_with_response_ = true;  // as the connection manager's stream does
};

}  // namespace weir::extensions::router
