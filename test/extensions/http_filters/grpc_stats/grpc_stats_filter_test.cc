#include "source/extensions/http_filters/grpc_stats/grpc_stats_filter.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "source/filter/http_filter_chain.h"
#include "source/stats/stats_report.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::grpc_stats {
namespace {

using http::HeaderId;

class Terminal final : public filter::HttpFilter {
 public:
  explicit Terminal(filter::Stream** const& handle) : handle_(handle) {}
  filter::FilterStatus OnRequestHead(http::RequestHead&, bool) override {
    *handle_ = &stream();
    return filter::FilterStatus::kPause;
  }
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool) override {
    body.Clear();
    return filter::FilterStatus::kPause;
  }

 private:
  filter::Stream** handle_;
};

// A cluster that has statistics and nothing else.
class CountingCluster final : public upstream::LocalCluster {
 public:
  explicit CountingCluster(stats::Store& store)
      : calls_(store, store.AddGroup<upstream::ClusterStats>("cluster.web",
                                                             {{"envoy_cluster_name", "web"}})) {}
  ~CountingCluster() override { EXPECT_EQ(refs_, 0u); }
  const upstream::ClusterConfig& config() const override { return config_; }
  upstream::ClusterStats& stats() override { return stats_; }
  upstream::HostCounts host_counts() override { return {}; }
  upstream::GrpcStats* grpc_stats() override { return &calls_; }
  std::unique_ptr<upstream::PendingStream> RequestStream(const balancing::PickContext&, int,
                                                         base::Arena&,
                                                         upstream::StreamRequester&) override {
    return nullptr;
  }
  std::unique_ptr<upstream::PendingStream> RequestConnection(
      const balancing::PickContext&, int, upstream::ConnectionRequester&) override {
    return nullptr;
  }
  bool StartRetry(int) override { return false; }
  void FinishRetry(int) override {}
  void Unref() override { --refs_; }

 private:
  upstream::ClusterConfig config_;
  upstream::ClusterStats stats_;
  upstream::GrpcStats calls_;
};

class OneSlot final : public clusters::ClusterSlot {
 public:
  const std::string& name() const override { return name_; }
  upstream::LocalCluster* Here() override { return cluster; }
  upstream::LocalCluster* cluster = nullptr;

 private:
  const std::string name_ = "web";
};

class GrpcStatsFilterTest : public testing::Test, public filter::StreamSink {
 protected:
  GrpcStatsFilterTest() {
    slot_.cluster = &cluster_;
    UseRoute("route { cluster: \"web\" }");
  }
  ~GrpcStatsFilterTest() override { End(); }

  void UseRoute(const std::string& action) {
    const routing::ParseContext bare = routing::BareContext();
    const auto slot = [this](std::string_view) -> clusters::ClusterSlot* { return &slot_; };
    table_ = test::ParseTable(absl::StrCat("virtual_hosts { name: \"v\" domains: \"*\" routes { "
                                           "match { prefix: \"/\" } ",
                                           action, " } }"),
                              {slot, bare.value_template, bare.filter_config});
  }
  void Ask(std::string_view path, std::string_view type = "application/grpc") {
    End();
    filters_.entries = {
        {"stats", std::make_shared<filter::HttpFilterConfigOf<GrpcStatsFilter, GrpcStatsSettings>>(
                      settings_)},
        {"end",
         std::make_shared<filter::HttpFilterConfigOf<Terminal, filter::Stream**>>(&stream_, true)}};
    info_ = filter::StreamInfo();
    request_ = std::make_unique<test::Request>("POST", "h", path,
                                               test::Request::Headers{{"content-type", type}});
    info_.request = &request_->head;
    info_.route = table_->Find(request_->head, 0);
    chain_.Begin(filters_, *this, 64 * 1024);
    chain_.OnRequestHead(request_->head, false);
  }
  void Send(std::string_view text, bool ends = true) {
    base::Buffer body;
    body.Append(text);
    chain_.OnRequestBody(body, ends);
  }
  void RespondHead(std::string_view status, bool ends, std::string_view type = "application/grpc") {
    response_.emplace(arena_);
    response_->status = 200;
    response_->headers.Add(HeaderId::kContentType, type);
    if (!status.empty()) response_->headers.Add(HeaderId::kGrpcStatus, status);
    stream_->SendHead(*response_, ends);
  }
  void RespondBody(std::string_view text) {
    base::Buffer body;
    body.Append(text);
    stream_->SendBody(body, false);
  }
  void RespondTrailers(std::string_view status) {
    trailers_.emplace(arena_);
    trailers_->Add(HeaderId::kGrpcStatus, status);
    stream_->SendTrailers(*trailers_);
  }
  void Call(std::string_view path, std::string_view status = "0") {
    Ask(path);
    Send("");
    RespondHead("", false);
    RespondTrailers(status);
  }
  void End() {
    if (request_ == nullptr) return;
    chain_.End();
    chain_.Clear();
  }

  // What is not zero of the gRPC statistics: "total: 1 success: 1 …", without "cluster.web.grpc.".
  std::string Counted() {
    constexpr std::string_view kPrefix = "cluster.web.grpc.";
    stats::Selection selection;
    selection.used_only = true;
    selection.accepts = stats::Contains(std::string(kPrefix));
    std::string all, line;
    stats::RenderPlain(stats_, selection, [&](std::string_view text) { all += text; });
    std::string out;
    for (const char c : all) {
      if (c != '\n') {
        line += c;
        continue;
      }
      absl::StrAppend(&out, out.empty() ? "" : ", ", line.substr(kPrefix.size()));
      line.clear();
    }
    return out;
  }

  // filter::StreamSink
  void WriteInformational(http::ResponseHead&) override {}
  void WriteHead(http::ResponseHead&, bool) override {}
  void WriteBody(base::Buffer& body, bool) override {
    written_ += body.ToString();
    body.Clear();
  }
  void WriteTrailers(http::HeaderMap&) override {}
  void ResetStream(const http::StreamError&) override {}
  void PauseReceiving() override {}
  void ResumeReceiving() override {}
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return info_.route; }
  const routing::RouteTable* route_table() override { return table_.get(); }
  void RefreshRoute() override {}

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  base::Arena arena_;
  stats::Store stats_;
  CountingCluster cluster_{stats_};
  OneSlot slot_;
  GrpcStatsSettings settings_;
  std::unique_ptr<const routing::RouteTable> table_;
  filter::StreamInfo info_;
  filter::Stream* stream_ = nullptr;
  filter::HttpFilterList filters_;
  std::unique_ptr<test::Request> request_;
  std::optional<http::ResponseHead> response_;
  std::optional<http::HeaderMap> trailers_;
  std::string written_;
  filter::HttpFilterChain chain_;
};

constexpr std::string_view kTwo("\0\0\0\0\2hi\0\0\0\0\0", 12);

TEST_F(GrpcStatsFilterTest, CountsACallAndItsMessages) {
  Ask("/a.B/C");
  Send(kTwo);
  RespondHead("", false);
  RespondBody(kTwo.substr(0, 7));
  RespondTrailers("0");
  EXPECT_EQ(Counted(),
            "0: 1, request_message_count: 2, response_message_count: 1, success: 1, total: 1");
  EXPECT_EQ(written_, kTwo.substr(0, 7)) << "untouched";
}

TEST_F(GrpcStatsFilterTest, CountsMessagesWhereverTheyAreCut) {
  for (size_t at = 0; at <= kTwo.size(); ++at) {
    Ask("/a.B/C");
    Send(kTwo.substr(0, at), false);
    Send(kTwo.substr(at));
    RespondHead("", false);
    RespondBody(kTwo.substr(0, at));
    RespondBody(kTwo.substr(at));
    RespondTrailers("0");
  }
  EXPECT_EQ(Counted(),
            "0: 13, request_message_count: 26, response_message_count: 26, success: 13, total: 13");
}

TEST_F(GrpcStatsFilterTest, CountsTheStatusOnce) {
  Call("/a/b", "5");
  Ask("/a/b");
  RespondHead("14", true);  // headers alone
  Ask("/a/b");
  RespondHead("0", false);  // a peer that says it twice
  RespondTrailers("13");
  EXPECT_EQ(Counted(), "0: 1, 14: 1, 5: 1, failure: 2, success: 1, total: 3");
}

TEST_F(GrpcStatsFilterTest, AStatusThatIsNoneIsUnknown) {
  for (const char* const status : {"17", "-1", "abc", "99999999999999999999", ""}) {
    Call("/a/b", status);
  }
  EXPECT_EQ(Counted(), "2: 5, failure: 5, total: 5");
}

TEST_F(GrpcStatsFilterTest, ALocalReplyCounts) {
  Ask("/a/b");
  stream_->ReplyLocally(503, "nobody", "no_healthy_upstream");
  EXPECT_EQ(Counted(), "14: 1, failure: 1, total: 1");
}

TEST_F(GrpcStatsFilterTest, ACallWithoutAStatusDoesNot) {
  Ask("/a/b");
  Send(kTwo, false);
  End();
  EXPECT_EQ(Counted(), "request_message_count: 2");
}

TEST_F(GrpcStatsFilterTest, WhatIsNoCallIsNotCounted) {
  settings_.counts_all_methods = true;
  for (const char* const path : {"/a", "/", "*", "/a/b/c", "//b", "/a/", "/a/b/", "a/b"}) {
    Call(path);
  }
  Ask("/a/b", "application/json");
  Send(kTwo);
  RespondHead("0", true);
  UseRoute("direct_response { status: 403 }");
  Call("/a/b");
  UseRoute("route { cluster: \"web\" }");
  slot_.cluster = nullptr;
  Call("/a/b");
  EXPECT_EQ(Counted(), "");
}

TEST_F(GrpcStatsFilterTest, ABodyThatIsNotOfGrpcHasNoMessages) {
  Ask("/a/b");
  RespondHead("", false, "text/html");
  RespondBody(kTwo);
  EXPECT_EQ(Counted(), "");
}

TEST_F(GrpcStatsFilterTest, TellsApartWhatIsListed) {
  settings_.methods = {"/a.B/C"};
  Call("/a.B/C?x=1");
  Call("/a.B/D");
  EXPECT_EQ(Counted(), "0: 1, a.B.C.0: 1, a.B.C.success: 1, a.B.C.total: 1, success: 1, total: 1");
}

TEST_F(GrpcStatsFilterTest, TellsAllMethodsApart) {
  settings_.counts_all_methods = true;
  Call("/a.B/C");
  settings_.replaces_dots = true;
  Call("/a.B/C");
  Call("/x y/<script>");  // no name
  EXPECT_EQ(Counted(),
            "0: 1, a.B.C.0: 1, a.B.C.success: 1, a.B.C.total: 1, a_B.C.0: 1, a_B.C.success: 1, "
            "a_B.C.total: 1, success: 1, total: 1");
}

TEST_F(GrpcStatsFilterTest, KeepsTheNameThatThePathHad) {
  settings_.counts_all_methods = true;
  Ask("/a/b");
  request_->head.path = "/rewritten/b";
  RespondHead("0", true);
  EXPECT_EQ(Counted(), "a.b.0: 1, a.b.success: 1, a.b.total: 1");
}

TEST_F(GrpcStatsFilterTest, TheTimeOfTheUpstream) {
  settings_.counts_upstream_time = true;
  const auto call = [this](int64_t sent_ms, int64_t received_ms) {
    Ask("/a/b");
    info_.last_upstream_tx_ns = sent_ms * 1'000'000;
    info_.last_upstream_rx_ns = received_ms * 1'000'000;
    RespondHead("", false);
    RespondTrailers("0");
  };
  stats::Histogram::Totals totals;
  call(5, 12);
  call(12, 5);  // it answered before it had heard all
  Call("/a/b");
  settings_.counts_upstream_time = false;
  call(5, 12);
  cluster_.grpc_stats()->Whole().upstream_rq_time.AddTo(totals);
  EXPECT_EQ(totals.count, 1u);
  EXPECT_EQ(totals.sum, 7u);
}

}  // namespace
}  // namespace weir::extensions::grpc_stats
