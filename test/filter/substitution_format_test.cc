#include "source/filter/substitution_format.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "source/filter/substitution_operators.h"
#include "test/filter/logged_stream.h"
#include "test/support/allocation_counter.h"

namespace weir::filter {
namespace {

std::shared_ptr<const SubstitutionFormat> Compile(std::string_view text) {
  auto format = SubstitutionFormat::Compile(text);
  EXPECT_TRUE(format.ok()) << format.status();
  return *format;
}

std::string Text(std::string_view format, const StreamInfo& info) {
  std::string out;
  Compile(format)->AppendText(info, "-", out);
  return out;
}

std::string Json(std::string_view format, const StreamInfo& info) {
  std::string out;
  if (!Compile(format)->AppendJson(info, out)) return "unset" + out;
  return out;
}

std::string FaultOf(std::string_view format) {
  return std::string(SubstitutionFormat::Compile(format).status().message());
}

TEST(SubstitutionFormatTest, DefaultLineIsEnvoys) {
  test::LoggedStream stream;
  EXPECT_EQ(Text(SubstitutionFormat::kDefaultText, stream.info),
            "[2026-01-01T00:04:05.012Z] \"GET /a?b=1 HTTP/1.1\" 200 - 12 34 12 5 \"-\" \"curl/8\" "
            "\"id-1\" \"example.com\" \"10.1.0.2:80\"\n");
  EXPECT_EQ(Text(SubstitutionFormat::kDefaultText, test::EmptyStream()),
            "[2026-01-01T00:04:05.012Z] \"- - -\" 0 - 0 0 - - \"-\" \"-\" \"-\" \"-\" \"-\"\n");
}

TEST(SubstitutionFormatTest, EveryOperator) {
  test::LoggedStream stream;
  stream.info.flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  stream.info.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
  char host_name[256] = {};
  gethostname(host_name, sizeof host_name - 1);
  std::vector<std::pair<std::string_view, std::string_view>> expected = {
      {"%BYTES_RECEIVED%", "12"},
      {"%BYTES_SENT%", "34"},
      {"%CONNECTION_ID%", "7"},
      {"%CONNECTION_TERMINATION_DETAILS%", "ended"},
      {"%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%", "[::1]:8080"},
      {"%DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT%", "::1"},
      {"%DOWNSTREAM_DIRECT_LOCAL_PORT%", "8080"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "10.0.0.9:4321"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "10.0.0.9"},
      {"%DOWNSTREAM_DIRECT_REMOTE_PORT%", "4321"},
      {"%DOWNSTREAM_LOCAL_ADDRESS%", "[::1]:8080"},
      {"%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "::1"},
      {"%DOWNSTREAM_LOCAL_PORT%", "8080"},
      {"%DOWNSTREAM_LOCAL_DNS_SAN%", "own.test"},
      {"%DOWNSTREAM_LOCAL_EMAIL_SAN%", "own@test"},
      {"%DOWNSTREAM_LOCAL_IP_SAN%", "10.0.0.1"},
      {"%DOWNSTREAM_LOCAL_SUBJECT%", "CN=own"},
      {"%DOWNSTREAM_LOCAL_URI_SAN%", "spiffe://own,spiffe://other"},
      {"%DOWNSTREAM_PEER_CERT%", "---%0Apeer"},
      {"%DOWNSTREAM_PEER_CERT_V_END(%S)%", "06"},
      {"%DOWNSTREAM_PEER_CERT_V_START%", "2026-01-01T00:04:05.000Z"},
      {"%DOWNSTREAM_PEER_DNS_SAN%", "peer.test"},
      {"%DOWNSTREAM_PEER_EMAIL_SAN%", "peer@test"},
      {"%DOWNSTREAM_PEER_FINGERPRINT_1%", "1"},
      {"%DOWNSTREAM_PEER_FINGERPRINT_256%", "256"},
      {"%DOWNSTREAM_PEER_IP_SAN%", "10.0.0.1"},
      {"%DOWNSTREAM_PEER_ISSUER%", "CN=ca"},
      {"%DOWNSTREAM_PEER_SERIAL%", "0a"},
      {"%DOWNSTREAM_PEER_SUBJECT%", "CN=peer"},
      {"%DOWNSTREAM_PEER_URI_SAN%", "spiffe://peer,spiffe://other"},
      {"%DOWNSTREAM_REMOTE_ADDRESS%", "10.0.0.9:4321"},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.0.0.9"},
      {"%DOWNSTREAM_REMOTE_PORT%", "4321"},
      {"%DOWNSTREAM_TLS_CIPHER%", "TLS_AES_128_GCM_SHA256"},
      {"%DOWNSTREAM_TLS_SESSION_ID%", "5e55"},
      {"%DOWNSTREAM_TLS_VERSION%", "TLSv1.3"},
      {"%DOWNSTREAM_TRANSPORT_FAILURE_REASON%", "bad record"},
      {"%DURATION%", "12"},
      {"%FILTER_CHAIN_NAME%", "chain"},
      {"%GRPC_STATUS%", "-"},
      {"%GRPC_STATUS_NUMBER%", "-"},
      {"%HOSTNAME%", host_name},
      {"%PROTOCOL%", "HTTP/1.1"},
      {"%REQ(USER-AGENT)%", "curl/8"},
      {"%REQUESTED_SERVER_NAME%", "asked.test"},
      {"%REQUEST_DURATION%", "1"},
      {"%REQUEST_TX_DURATION%", "2"},
      {"%REQ_WITHOUT_QUERY(:PATH)%", "/a"},
      {"%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%", "5"},
      {"%RESPONSE_CODE%", "200"},
      {"%RESPONSE_CODE_DETAILS%", "via_upstream"},
      {"%RESPONSE_DURATION%", "7"},
      {"%RESPONSE_FLAGS%", "UF,URX"},
      {"%RESPONSE_TX_DURATION%", "2"},
      {"%ROUTE_NAME%", "route"},
      {"%START_TIME(%Y-%m)%", "2026-01"},
      {"%STREAM_ID%", "id-1"},
      {"%TRAILER(GRPC-STATUS)%", "0"},
      {"%UPSTREAM_LOCAL_DNS_SAN%", "own.test"},
      {"%UPSTREAM_LOCAL_SUBJECT%", "CN=own"},
      {"%UPSTREAM_LOCAL_EMAIL_SAN%", "own@test"},
      {"%UPSTREAM_LOCAL_IP_SAN%", "10.0.0.1"},
      {"%UPSTREAM_PEER_EMAIL_SAN%", "peer@test"},
      {"%UPSTREAM_LOCAL_URI_SAN%", "spiffe://own,spiffe://other"},
      {"%UPSTREAM_PEER_CERT%", "---%0Apeer"},
      {"%UPSTREAM_PEER_CERT_V_END(%S)%", "06"},
      {"%UPSTREAM_PEER_CERT_V_START(%S)%", "05"},
      {"%UPSTREAM_PEER_DNS_SAN%", "peer.test"},
      {"%UPSTREAM_PEER_IP_SAN%", "10.0.0.1"},
      {"%UPSTREAM_PEER_ISSUER%", "CN=ca"},
      {"%UPSTREAM_PEER_SUBJECT%", "CN=peer"},
      {"%UPSTREAM_PEER_URI_SAN%", "spiffe://peer,spiffe://other"},
      {"%UPSTREAM_PROTOCOL%", "HTTP/2"},
      {"%UPSTREAM_TLS_CIPHER%", "TLS_AES_128_GCM_SHA256"},
      {"%UPSTREAM_TLS_VERSION%", "TLSv1.3"},
      {"%UPSTREAM_CLUSTER%", "cluster"},
      {"%UPSTREAM_HOST%", "10.1.0.2:80"},
      {"%UPSTREAM_HOST_NAME%", "backend.local"},
      {"%UPSTREAM_LOCAL_ADDRESS%", "10.1.0.1:55555"},
      {"%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "10.1.0.1"},
      {"%UPSTREAM_LOCAL_PORT%", "55555"},
      {"%UPSTREAM_REMOTE_ADDRESS%", "10.1.0.2:80"},
      {"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.1.0.2"},
      {"%UPSTREAM_REMOTE_PORT%", "80"},
      {"%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "2"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "tls: handshake failed"},
      {"%VIRTUAL_HOST_NAME%", "hosts"},
  };
  std::sort(expected.begin(), expected.end());
  const std::vector<std::string_view> names = OperatorNames();
  ASSERT_EQ(expected.size(), names.size());
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(Text(expected[i].first, stream.info), expected[i].second) << expected[i].first;
    EXPECT_TRUE(expected[i].first.substr(1).starts_with(names[i])) << names[i];
    // Nothing is known: no operator may crash.
    EXPECT_NE(Text(expected[i].first, test::EmptyStream()), "") << names[i];
  }
}

TEST(SubstitutionFormatTest, StatusOfGrpc) {
  test::LoggedStream stream;
  stream.request.headers.Add(http::HeaderId::kContentType, "application/grpc");
  EXPECT_EQ(Text("%GRPC_STATUS% %GRPC_STATUS_NUMBER%", stream.info), "OK 0");
  http::HeaderMap trailers(stream.arena);
  trailers.Add("grpc-status", "4");
  stream.info.response_trailers = &trailers;
  EXPECT_EQ(Text("%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)%", stream.info),
            "DeadlineExceeded DEADLINE_EXCEEDED 4");
  EXPECT_EQ(Text("%GRPC_STATUS(CAMEL_STRING)%", stream.info), "DeadlineExceeded");
  stream.info.response_trailers = nullptr;
  stream.info.response_code = 503;
  EXPECT_EQ(Text("%GRPC_STATUS%", stream.info), "Unavailable") << "what the code stands for";
  stream.response.headers.Add("grpc-status", "abc");
  EXPECT_EQ(Text("%GRPC_STATUS%", stream.info), "Unknown");
  EXPECT_FALSE(SubstitutionFormat::Compile("%GRPC_STATUS(LOUD)%").ok());
}

TEST(SubstitutionFormatTest, TheListenerFiltersNameComesFirst) {
  test::LoggedStream stream;
  stream.connection.server_name = "inspected.test";
  EXPECT_EQ(Text("%REQUESTED_SERVER_NAME%", stream.info), "inspected.test");
}

TEST(SubstitutionFormatTest, Headers) {
  test::LoggedStream stream;
  EXPECT_EQ(Text("%REQ(:METHOD)% %REQ(:SCHEME)% %REQ(Host)%", stream.info),
            "GET https example.com");
  EXPECT_EQ(Text("%REQ(CONTENT-LENGTH)% %RESP(Content-Length)% %RESP(:STATUS)%", stream.info),
            "12 34 200");
  EXPECT_EQ(Text("%REQ(NONE?USER-AGENT)% %REQ(USER-AGENT?NONE)% %REQ(NONE?NEITHER)%", stream.info),
            "curl/8 curl/8 -");
  // There, but empty.
  EXPECT_EQ(Text("[%REQ(X-EMPTY?USER-AGENT)%]", stream.info), "[]");
  EXPECT_EQ(Text("%REQ(USER-AGENT):4% %REQ(USER-AGENT):0%|", stream.info), "curl |");
}

TEST(SubstitutionFormatTest, ClientBehindAnotherProxy) {
  test::LoggedStream stream;
  const net::Address client = *net::Address::ParseIp("2001:db8::5", 0);
  stream.info.remote = &client;
  EXPECT_EQ(Text("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% "
                 "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
                 stream.info),
            "[2001:db8::5]:0 2001:db8::5 10.0.0.9:4321");
}

TEST(SubstitutionFormatTest, LiteralsAndPercentSigns) {
  const StreamInfo info = test::EmptyStream();
  EXPECT_EQ(Text("", info), "");
  EXPECT_EQ(Text("100%% of %BYTES_SENT%%% \"x\"\n", info), "100% of 0% \"x\"\n");
}

TEST(SubstitutionFormatTest, ValuesStayOnTheirLineAndInBounds) {
  test::LoggedStream stream;
  stream.request.headers.Add("x-evil", "a\n[fake] \"GET");
  EXPECT_EQ(Text("%REQ(X-EVIL)%", stream.info), "a\\x0a[fake] \"GET");
  const std::string large(10'000, 'x');
  stream.request.headers.Add("x-large", large);
  EXPECT_EQ(Text("%REQ(X-LARGE)%", stream.info).size(), SubstitutionFormat::kMaxValueBytes);
  EXPECT_EQ(Text("%REQ(X-LARGE):9999%", stream.info).size(), SubstitutionFormat::kMaxValueBytes);
}

TEST(SubstitutionFormatTest, CredentialsAreNotLogged) {
  test::LoggedStream stream;
  EXPECT_EQ(Text("%REQ(AUTHORIZATION)% %RESP(SET-COOKIE)% %REQ(COOKIE)%", stream.info),
            "[redacted] [redacted] -");
  EXPECT_EQ(Text("%REQ(X-NONE?AUTHORIZATION)%", stream.info), "[redacted]");
  EXPECT_EQ(Json("%REQ(AUTHORIZATION)%", stream.info), "\"[redacted]\"");
  // A header made of them is another matter: nobody reads it but the upstream.
  base::Arena arena;
  auto value = CompileValueTemplate("%REQ(AUTHORIZATION)%");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(EvaluateTemplate(**value, stream.info, arena), "Bearer secret");
}

TEST(SubstitutionFormatTest, HeaderValuesLeaveOutWhatIsUnset) {
  test::LoggedStream stream;
  base::Arena arena;
  auto value = CompileValueTemplate("%REQ(X-NONE)%/%REQ(USER-AGENT)%");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(EvaluateTemplate(**value, stream.info, arena), "/curl/8");
  EXPECT_FALSE(CompileValueTemplate("%NONE%").ok());
}

TEST(SubstitutionFormatTest, JsonTypes) {
  test::LoggedStream stream;
  EXPECT_EQ(Json("%RESPONSE_CODE%", stream.info), "200");
  EXPECT_EQ(Json("%PROTOCOL%", stream.info), "\"HTTP/1.1\"");
  EXPECT_EQ(Json("code %RESPONSE_CODE% %REQ(X-NONE)%", stream.info), "\"code 200 -\"");
  EXPECT_EQ(Json("%REQ(X-NONE)%", stream.info), "unset");
  EXPECT_EQ(Json("%DURATION%", test::EmptyStream()), "unset");
  EXPECT_EQ(Json("", stream.info), "\"\"");
  stream.request.headers.Add("x-quote", "\"}\n");
  EXPECT_EQ(Json("%REQ(X-QUOTE)%\"", stream.info), "\"\\\"}\\n\\\"\"");
}

TEST(SubstitutionFormatTest, FaultsSayWhatAndWhere) {
  EXPECT_EQ(FaultOf("a %REQ"),
            "\"a %REQ\", character 3: an operator begins here and does not end; %% is a percent "
            "sign");
  EXPECT_EQ(FaultOf("%NOPE%").find("\"%NOPE%\", character 1: there is no operator \"NOPE\"; there "
                                   "are BYTES_RECEIVED, BYTES_SENT, "),
            0u);
  EXPECT_NE(FaultOf("%REQ%").find("REQ needs a header's name, as in %REQ(X-NAME)%"),
            std::string::npos);
  EXPECT_NE(FaultOf("%REQ(a b)%").find("is not a header's name"), std::string::npos);
  EXPECT_NE(FaultOf("%REQ(A?)%").find("is not a header's name"), std::string::npos);
  EXPECT_NE(FaultOf("%PROTOCOL(X)%").find("PROTOCOL takes no argument"), std::string::npos);
  EXPECT_NE(FaultOf("%REQ(A):x%").find("\":x\" is no length in bytes"), std::string::npos);
  EXPECT_NE(FaultOf("%REQ(A)x%").find("is no length in bytes"), std::string::npos);
  EXPECT_NE(FaultOf("%REQ(A):%").find("is no length in bytes"), std::string::npos);
  EXPECT_NE(FaultOf("%START_TIME(" + std::string(200, 'x') + ")%").find("at most 128 bytes"),
            std::string::npos);
}

TEST(SubstitutionFormatTest, SteadyStateAllocatesNothing) {
  test::LoggedStream stream;
  const auto format = Compile(SubstitutionFormat::kDefaultText);
  const auto custom = Compile("%START_TIME(%s.%3f)% %DOWNSTREAM_REMOTE_ADDRESS% %RESPONSE_FLAGS%");
  stream.info.flags.Set(ResponseFlag::kUpstreamOverflow);
  std::string out;
  // Fills what each thread keeps.
  format->AppendJson(stream.info, out);
  out.reserve(4096);
  test::AllocationCounter counter;
  format->AppendText(stream.info, "-", out);
  custom->AppendText(stream.info, "-", out);
  format->AppendJson(stream.info, out);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace weir::filter
