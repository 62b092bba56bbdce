#include "source/extensions/http_filters/stateful_session/stateful_session_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/extensions/filters/http/stateful_session/v3/stateful_session.pb.h"
#include "source/extensions/http_filters/stateful_session/stateful_session_filter.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::stateful_session {
namespace {

namespace v3 = envoy::extensions::filters::http::stateful_session::v3;
using testing::ElementsAre;
using testing::HasSubstr;

// A session_state of the type, with those fields.
std::string State(const std::string& type, const std::string& fields) {
  return "session_state { name: \"s\" typed_config { "
         "[type.googleapis.com/envoy.extensions.http.stateful_session." +
         type + "] { " + fields + " } } } ";
}
const char kCookie[] = "cookie.v3.CookieBasedSessionState";
const char kHeader[] = "header.v3.HeaderBasedSessionState";

class StatefulSessionConfigTest : public test::FactoryFixture {
 protected:
  bool Parses(const std::string& text) {
    return factory_->Parse(Pack<v3::StatefulSession>(text), context_, faults_) != nullptr;
  }
  // As a route's: null when there are faults.
  const SessionSettings* ParseRoute(const std::string& text) {
    route_ = factory_->ParseRouteConfig(Pack<v3::StatefulSessionPerRoute>(text), faults_);
    if (route_ == nullptr) return nullptr;
    return &static_cast<const RouteSessionSettings&>(*route_).settings();
  }

  const std::unique_ptr<filter::HttpFilterFactory> factory_ = CreateFactory();
  std::shared_ptr<const routing::FilterConfig> route_;
};

TEST_F(StatefulSessionConfigTest, EitherStateIsKnown) {
  EXPECT_EQ(factory_->id().config_type, v3::StatefulSession::descriptor()->full_name());
  EXPECT_TRUE(Parses(State(kCookie, "cookie { name: \"sid\" }"))) << faults_.ToString();
  EXPECT_TRUE(Parses(State(kHeader, "name: \"X-Session\"") + "strict: true")) << faults_.ToString();
  EXPECT_TRUE(Parses("")) << "it does nothing";
}

TEST_F(StatefulSessionConfigTest, ARoutesSettings) {
  const SessionSettings* settings =
      ParseRoute("stateful_session { " +
                 State(kCookie, "cookie { name: \"sid\" ttl { seconds: 60 } path: \"/shop\" }") +
                 "strict: true status_on_strict_destination_not_found: 410 }");
  ASSERT_NE(settings, nullptr) << faults_.ToString();
  EXPECT_TRUE(settings->is_strict);
  EXPECT_EQ(settings->status_without_host, 410);
  ASSERT_NE(settings->state, nullptr);
  EXPECT_EQ(settings->state->cookie->name(), "sid");
  EXPECT_EQ(settings->state->ttl_s, 60);
  EXPECT_EQ(settings->state->path, "/shop");
  settings = ParseRoute("stateful_session { " + State(kHeader, "name: \"X-Session\"") + " }");
  ASSERT_NE(settings, nullptr);
  EXPECT_EQ(settings->state->header, "x-session");
  EXPECT_EQ(settings->status_without_host, 503);
  settings = ParseRoute("disabled: true");
  ASSERT_NE(settings, nullptr);
  EXPECT_EQ(settings->state, nullptr);
}

TEST_F(StatefulSessionConfigTest, FaultsHaveTheirPaths) {
  EXPECT_FALSE(Parses(State(kCookie, "cookie { name: \"a b\" path: \"/;\" }")));
  EXPECT_FALSE(Parses(State(kHeader, "name: \"a b\"")));
  EXPECT_FALSE(Parses("status_on_strict_destination_not_found: 99"));
  EXPECT_EQ(ParseRoute("stateful_session { " + State(kHeader, "name: \"\"") + " }"), nullptr);
  EXPECT_EQ(ParseRoute("disabled: false"), nullptr);
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("session_state.typed_config.cookie.name: 'a b'"),
                                   HasSubstr("session_state.typed_config.cookie.path"),
                                   HasSubstr("session_state.typed_config.name: 'a b'"),
                                   HasSubstr("status_on_strict_destination_not_found"),
                                   HasSubstr("stateful_session.session_state.typed_config.name"),
                                   HasSubstr("disabled: must be true")));
}

TEST_F(StatefulSessionConfigTest, AnotherStateIsRefused) {
  EXPECT_FALSE(
      Parses("session_state { name: \"s\" typed_config { type_url: "
             "\"type.googleapis.com/no.such.State\" } }"));
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("session_state.typed_config: ")));
}

}  // namespace
}  // namespace weir::extensions::stateful_session
