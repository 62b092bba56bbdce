#include "source/filter/http_filter_chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "test/support/manual_clock.h"

namespace weir::filter {
namespace {

// A filter that writes down what it hears and does what the test says.
struct Script {
  std::string name;
  std::vector<std::string>* journal = nullptr;
  std::function<FilterStatus(Stream&)> on_request_head, on_response_head;
  std::function<FilterStatus(Stream&, base::Buffer&, bool)> on_request_body, on_response_body;
  std::function<void(Stream&)> on_trailers;
};

class ScriptedFilter : public HttpFilter {
 public:
  explicit ScriptedFilter(const Script& script) : script_(script) {}
  ~ScriptedFilter() override { Note("destroyed"); }

  FilterStatus OnRequestHead(http::RequestHead&, bool ends) override {
    Note(ends ? "request head end" : "request head");
    return script_.on_request_head ? script_.on_request_head(stream()) : FilterStatus::kContinue;
  }
  FilterStatus OnRequestBody(base::Buffer& body, bool ends) override {
    Note(absl::StrCat("request body ", body.ToString(), ends ? " end" : ""));
    return script_.on_request_body ? script_.on_request_body(stream(), body, ends)
                                   : FilterStatus::kContinue;
  }
  FilterStatus OnRequestTrailers(http::HeaderMap&) override {
    Note("request trailers");
    return FilterStatus::kContinue;
  }
  FilterStatus OnResponseHead(http::ResponseHead& head, bool ends) override {
    Note(absl::StrCat("response head ", head.status, ends ? " end" : ""));
    return script_.on_response_head ? script_.on_response_head(stream()) : FilterStatus::kContinue;
  }
  FilterStatus OnResponseBody(base::Buffer& body, bool ends) override {
    Note(absl::StrCat("response body ", body.ToString(), ends ? " end" : ""));
    return script_.on_response_body ? script_.on_response_body(stream(), body, ends)
                                    : FilterStatus::kContinue;
  }
  void OnDownstreamHigh() override { Note("high"); }
  void OnDownstreamLow() override { Note("low"); }
  void OnStreamEnd() override { Note("stream end"); }

  using HttpFilter::stream;

 private:
  void Note(const std::string& what) {
    script_.journal->push_back(absl::StrCat(script_.name, ": ", what));
  }
  const Script& script_;
};

class HttpFilterChainTest : public testing::Test, public StreamSink {
 protected:
  // A filter that pauses at the request's head; `stream` is where it can be resumed.
  Script& AddPausing(const std::string& name, Stream*& stream) {
    Script& script = Add(name);
    script.on_request_head = [&stream](Stream& paused) {
      stream = &paused;
      return FilterStatus::kPause;
    };
    return script;
  }
  // Adds a filter; the last one is the terminal filter and pauses the request by itself.
  Script& Add(const std::string& name, bool is_terminal = false) {
    auto script = std::make_unique<Script>();
    script->name = name;
    script->journal = &journal_;
    if (is_terminal) {
      script->on_request_head = [this](Stream& stream) {
        terminal_ = &stream;
        return FilterStatus::kPause;
      };
      script->on_request_body = [this](Stream&, base::Buffer& body, bool) {
        upstream_ += body.ToString();
        body.Clear();
        return FilterStatus::kPause;
      };
    }
    struct Config : HttpFilterConfig {
      explicit Config(const Script& s) : script(s) {}
      size_t filter_bytes() const override { return sizeof(ScriptedFilter); }
      HttpFilter* Create(void* storage) const override {
        return new (storage) ScriptedFilter(script);
      }
      const Script& script;
    };
    list_.entries.push_back({name, std::make_shared<Config>(*script)});
    scripts_.push_back(std::move(script));
    return *scripts_.back();
  }

  void Begin(uint32_t limit_bytes = 1000) { chain_.Begin(list_, *this, limit_bytes); }
  void Body(const std::string& text, bool ends) {
    base::Buffer body;
    body.Append(text);
    chain_.OnRequestBody(body, ends);
    EXPECT_TRUE(body.empty()) << "the chain takes every byte";
  }
  void Respond(int status, const std::string& text) {
    response_.emplace(arena_);
    response_->status = status;
    terminal_->SendHead(*response_, text.empty());
    if (text.empty()) return;
    base::Buffer body;
    body.Append(text);
    terminal_->SendBody(body, true);
  }
  std::string Journal() {
    std::string all = absl::StrJoin(journal_, "\n");
    journal_.clear();
    return all;
  }

  // StreamSink
  void WriteInformational(http::ResponseHead& head) override {
    written_.push_back(absl::StrCat("informational ", head.status));
  }
  void WriteHead(http::ResponseHead& head, bool ends) override {
    written_.push_back(absl::StrCat("head ", head.status, ends ? " end" : ""));
    for (const http::Header& field : head.headers) {
      fields_.push_back(absl::StrCat(std::string(field.name), ": ", std::string(field.value)));
    }
  }
  void WriteBody(base::Buffer& body, bool ends) override {
    written_.push_back(absl::StrCat("body ", body.ToString(), ends ? " end" : ""));
    body.Clear();
  }
  void WriteTrailers(http::HeaderMap&) override { written_.push_back("trailers"); }
  void ResetStream(const http::StreamError& error) override {
    written_.push_back(absl::StrCat("reset ", std::string(error.detail)));
    chain_.End();
  }
  void PauseReceiving() override { ++pauses_; }
  void ResumeReceiving() override { --pauses_; }
  StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return route_; }
  const routing::RouteTable* route_table() override { return nullptr; }
  void RefreshRoute() override {}
  std::string Written() { return absl::StrJoin(written_, "\n"); }

  test::ManualClock clock_;
  event::Loop loop_{"test", 0, clock_};
  base::Arena arena_;
  StreamInfo info_;
  const routing::Route* route_ = nullptr;
  std::vector<std::string> journal_, written_, fields_;
  std::vector<std::unique_ptr<Script>> scripts_;
  HttpFilterList list_;
  http::RequestHead head_{arena_};
  std::optional<http::ResponseHead> response_;
  Stream* terminal_ = nullptr;
  std::string upstream_;
  int pauses_ = 0;
  HttpFilterChain chain_;
};

TEST_F(HttpFilterChainTest, RequestInOrderResponseInReverse) {
  Add("a");
  Add("b");
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  EXPECT_EQ(Journal(), "a: request head end\nb: request head end\nt: request head end");
  Respond(200, "hi");
  EXPECT_EQ(Journal(),
            "b: response head 200\na: response head 200\nb: response body hi end\n"
            "a: response body hi end");
  EXPECT_EQ(Written(), "head 200\nbody hi end");
}

// What a gRPC request was answered with, when a reply of this status was asked for.
class GrpcReplyTest : public HttpFilterChainTest {
 protected:
  std::string Reply(
      int status, std::string_view body,
      absl::FunctionRef<void(http::ResponseHead&)> edit = [](http::ResponseHead&) {}) {
    Add("t", true);
    head_.headers.Add(http::HeaderId::kContentType, "application/grpc+proto");
    info_.request = &head_;
    Begin();
    chain_.OnRequestHead(head_, false);
    chain_.ReplyLocally(status, body, "why", edit);
    EXPECT_EQ(Written(), "head 200 end");
    EXPECT_EQ(info_.response_code_details, "why");
    return absl::StrJoin(fields_, ", ");
  }
};

TEST_F(GrpcReplyTest, IsHeadersAlone) {
  EXPECT_EQ(Reply(503, "no healthy\nupstream"),
            "content-type: application/grpc, grpc-status: 14, grpc-message: no healthy%0Aupstream");
}

TEST_F(GrpcReplyTest, NeedsNoMessage) {
  EXPECT_EQ(Reply(403, {}), "content-type: application/grpc, grpc-status: 7");
}

TEST_F(GrpcReplyTest, ADeadlineOfOursIsOneOfGrpcs) {
  info_.flags.Set(ResponseFlag::kUpstreamRequestTimeout);
  EXPECT_EQ(Reply(504, {}), "content-type: application/grpc, grpc-status: 4");
}

// J08: a limit on rates says so with its own status.
TEST_F(GrpcReplyTest, WhoeverRepliesMayKnowBetter) {
  EXPECT_EQ(
      Reply(429, {},
            [](http::ResponseHead& head) { head.headers.Add(http::HeaderId::kGrpcStatus, "8"); }),
      "grpc-status: 8, content-type: application/grpc");
}

TEST_F(HttpFilterChainTest, PausedHeadHoldsBodyUntilResumed) {
  Stream* paused = nullptr;
  Script& a = AddPausing("a", paused);
  a.on_request_body = [](Stream&, base::Buffer&, bool) { return FilterStatus::kPause; };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, false);
  Body("one ", false);
  Body("two", true);
  EXPECT_EQ(upstream_, "");
  Journal();
  paused->ResumeRequest();
  EXPECT_EQ(Journal(), "t: request head\nt: request body one two end");
  EXPECT_EQ(upstream_, "one two");
}

TEST_F(HttpFilterChainTest, ContinueFromBodyResumesThePausedHead) {
  Script& a = Add("a");
  a.on_request_head = [](Stream&) { return FilterStatus::kPause; };
  a.on_request_body = [](Stream&, base::Buffer&, bool ends) {
    return ends ? FilterStatus::kContinue : FilterStatus::kPause;
  };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, false);
  Body("one ", false);
  EXPECT_EQ(upstream_, "");
  Body("two", true);
  EXPECT_EQ(upstream_, "one two");
}

TEST_F(HttpFilterChainTest, PausedWithoutBodyTellsTheEndOnce) {
  Stream* paused = nullptr;
  Add("a").on_request_head = [&](Stream& stream) {
    paused = &stream;
    return FilterStatus::kPause;
  };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  Journal();
  paused->ResumeRequest();
  paused->ResumeRequest();
  EXPECT_EQ(Journal(), "t: request head end");
}

TEST_F(HttpFilterChainTest, AnEndBehindAPausedHeadStaysBehindIt) {
  Stream* paused = nullptr;
  Script& a = AddPausing("a", paused);
  a.on_request_body = [](Stream&, base::Buffer&, bool) { return FilterStatus::kPause; };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, false);
  Body("", true);
  Journal();
  paused->ResumeRequest();
  EXPECT_EQ(Journal(), "t: request head\nt: request body  end");
}

TEST_F(HttpFilterChainTest, OverTheLimitTheSenderPauses) {
  Stream* paused = nullptr;
  Script& a = AddPausing("a", paused);
  a.on_request_body = [](Stream&, base::Buffer&, bool) { return FilterStatus::kPause; };
  Add("t", true);
  Begin(10);
  chain_.OnRequestHead(head_, false);
  Body("0123456789", false);
  EXPECT_EQ(pauses_, 0);
  Body("x", false);
  EXPECT_EQ(pauses_, 1);
  Body("y", false);
  EXPECT_EQ(pauses_, 1);
  paused->ResumeRequest();
  EXPECT_EQ(pauses_, 0);
  EXPECT_EQ(upstream_, "0123456789xy");
}

TEST_F(HttpFilterChainTest, HoldingMoreThanAllowedIs413) {
  Script& a = Add("a");
  a.on_request_head = [](Stream& stream) {
    stream.HoldRequestBody(4);
    return FilterStatus::kPause;
  };
  a.on_request_body = [](Stream&, base::Buffer&, bool) { return FilterStatus::kPause; };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, false);
  Body("1234", false);
  EXPECT_EQ(Written(), "");
  Body("5", false);
  EXPECT_EQ(Written(), "head 413\nbody Payload Too Large end");
  Body("more", true);
  EXPECT_EQ(upstream_, "");
}

TEST_F(HttpFilterChainTest, LocalReplyPassesTheFiltersBeforeIt) {
  Add("a");
  Add("b").on_request_head = [](Stream& stream) {
    stream.ReplyLocally(403, "no", "denied",
                        [](http::ResponseHead& head) { head.headers.Add("x-why", "test"); });
    return FilterStatus::kPause;
  };
  Add("c");
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  EXPECT_EQ(Journal(),
            "a: request head end\nb: request head end\na: response head 403\n"
            "a: response body no end");
  EXPECT_EQ(Written(), "head 403\nbody no end");
  EXPECT_EQ(info_.response_code_details, "denied");
}

TEST_F(HttpFilterChainTest, LocalReplyAfterTheHeadResets) {
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  response_.emplace(arena_);
  terminal_->SendHead(*response_, false);
  terminal_->ReplyLocally(500, "late", "too_late", [](http::ResponseHead&) {});
  EXPECT_EQ(Written(), "head 200\nreset too_late");
}

TEST_F(HttpFilterChainTest, ReplyOfTheManagerPassesAllThatSawTheRequest) {
  Add("a");
  Add("b");
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  Journal();
  chain_.ReplyLocally(408, "", "timeout", [](http::ResponseHead&) {});
  EXPECT_EQ(Journal(), "b: response head 408 end\na: response head 408 end");
}

TEST_F(HttpFilterChainTest, ReplyBeforeAnyFilterSawTheRequestGoesStraightOut) {
  Add("a");
  Add("t", true);
  Begin();
  chain_.ReplyLocally(400, "", "bad_path", [](http::ResponseHead&) {});
  EXPECT_EQ(Journal(), "");
  EXPECT_EQ(Written(), "head 400 end");
}

TEST_F(HttpFilterChainTest, ResponseCanBeHeldAndChanged) {
  Add("a").on_response_body = [](Stream& stream, base::Buffer& body, bool ends) {
    if (!ends) return FilterStatus::kPause;
    stream.held_response_body().Move(body);
    body.Append("!");
    return FilterStatus::kContinue;
  };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  response_.emplace(arena_);
  terminal_->SendHead(*response_, false);
  base::Buffer body;
  body.Append("hello ");
  terminal_->SendBody(body, false);
  body.Append("world");
  terminal_->SendBody(body, true);
  EXPECT_EQ(Written(), "head 200\nbody hello world! end");
}

TEST_F(HttpFilterChainTest, ResumeFromOutsideAfterTheEndDoesNothing) {
  Stream* paused = nullptr;
  Add("a").on_request_head = [&](Stream& stream) {
    paused = &stream;
    return FilterStatus::kPause;
  };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  chain_.End();
  Journal();
  paused->ResumeRequest();
  EXPECT_EQ(Journal(), "");
}

TEST_F(HttpFilterChainTest, EndIsToldOnceAndStorageIsUsedAgain) {
  Add("a");
  Add("t", true);
  for (int round = 0; round < 2; ++round) {
    Begin();
    chain_.OnRequestHead(head_, true);
    Journal();
    chain_.End();
    chain_.End();
    EXPECT_EQ(Journal(), "a: stream end\nt: stream end");
    chain_.Clear();
    EXPECT_EQ(Journal(), "a: destroyed\nt: destroyed");
  }
}

TEST_F(HttpFilterChainTest, ResetInsideACallbackStopsTheChain) {
  Add("a").on_request_head = [](Stream& stream) {
    stream.Reset({http::ErrorKind::kLocal, http::Side::kLocal, false, "gone"});
    return FilterStatus::kContinue;
  };
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  EXPECT_EQ(Journal(), "a: request head end\na: stream end\nt: stream end");
  EXPECT_EQ(Written(), "reset gone");
}

TEST_F(HttpFilterChainTest, SettingsOfTheRouteBeatThoseOfTheVirtualHost) {
  struct Setting : routing::FilterConfig {};
  const auto of_route = std::make_shared<Setting>(), of_host = std::make_shared<Setting>();
  routing::VirtualHost host;
  host.filter_configs["a"] = of_host;
  host.filter_configs["b"] = of_host;
  routing::Route route;
  route.virtual_host = &host;
  route.filter_configs["a"] = of_route;
  route_ = &route;
  std::vector<const routing::FilterConfig*> found;
  const auto look = [&](Stream& stream) {
    found.push_back(stream.RouteConfig());
    return FilterStatus::kContinue;
  };
  Add("a").on_request_head = look;
  Add("b").on_request_head = look;
  Add("c").on_request_head = look;
  Add("t", true);
  Begin();
  chain_.OnRequestHead(head_, true);
  EXPECT_EQ(found,
            (std::vector<const routing::FilterConfig*>{of_route.get(), of_host.get(), nullptr}));
  // The weighted cluster that was chosen is more specific still.
  const auto of_cluster = std::make_shared<Setting>();
  routing::WeightedCluster chosen;
  chosen.filter_configs["a"] = of_cluster;
  info_.weighted_cluster = &chosen;
  found.clear();
  chain_.End();
  chain_.Clear();
  Begin();
  chain_.OnRequestHead(head_, true);
  EXPECT_EQ(found,
            (std::vector<const routing::FilterConfig*>{of_cluster.get(), of_host.get(), nullptr}));
}

}  // namespace
}  // namespace weir::filter
