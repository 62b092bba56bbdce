#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/listener/v3/listener.pb.h"
#include "source/tls/secret_manager.h"
#include "test/discovery/resource_fixture.h"
#include "test/support/fake_transport.h"

namespace weir::server {
namespace {

using envoy::config::listener::v3::Listener;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Makes transport sockets that the test knows, and remembers what they are called.
class FakeTransports final : public filter::ServerTransportConfigFactory {
 public:
  explicit FakeTransports(std::string& stat_prefix) : stat_prefix_(stat_prefix) {}
  filter::ExtensionId id() const override { return {"fake", "test.Tls"}; }
  std::shared_ptr<const net::ServerTransportFactory> Parse(const google::protobuf::Any&,
                                                           const filter::TransportContext& context,
                                                           config::Faults&) const override {
    stat_prefix_ = std::string(context.stat_prefix);
    return std::make_shared<test::FakeTransportFactory>();
  }

 private:
  std::string& stat_prefix_;
};

class ListenerParserTest : public discovery::ResourceFixture {
 protected:
  ListenerParserTest() { registry_.Add(std::make_unique<FakeTransports>(stat_prefix_)); }

  std::shared_ptr<const ListenerConfig> Parse(const std::string& text,
                                              const ListenerConfig* previous = nullptr) {
    const filter::FactoryContext context{registry_, loop_, stats_, *clusters_,
                                         *routes_,  node_, "web",  &secrets_};
    return ParseListener(FromText<Listener>(text), context, previous, faults_);
  }
  // A chain with a transport socket and these further fields.
  static std::string SecureChain(const std::string& fields = "") {
    return absl::StrCat("filter_chains { ", FilterText("a"),
                        "transport_socket { name: \"tls\" typed_config { type_url: "
                        "\"type.googleapis.com/test.Tls\" } } ",
                        fields, " } ");
  }

  tls::SecretManager secrets_{loop_, stats_};
  std::string stat_prefix_;
  const std::string chain_ = absl::StrCat("filter_chains { ", FilterText("a"), "} ");
};

TEST_F(ListenerParserTest, ReadsWhatTheListenerSays) {
  const auto config = Parse(absl::StrCat(
      "name: \"web\" ", AddressText(80), chain_, "additional_addresses { ", AddressText(80, "::1"),
      "} "
      "per_connection_buffer_limit_bytes { value: 5000 } tcp_backlog_size { value: 7 } "
      "enable_reuse_port { value: false } listener_filters_timeout { nanos: 250000000 } "
      "max_connections_to_accept_per_socket_event { value: 3 } stat_prefix: \"front\" "
      "default_filter_chain { ",
      FilterText("d"), "}"));
  EXPECT_THAT(Lines(), IsEmpty());
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->name, "web");
  ASSERT_EQ(config->addresses.size(), 2u);
  EXPECT_EQ(config->addresses[1].ToString(), "[::1]:80");
  EXPECT_EQ(config->connection.output_limit_bytes, 5000u);
  EXPECT_EQ(config->socket.backlog, 7);
  EXPECT_FALSE(config->socket.reuse_port);
  EXPECT_EQ(config->listener_filters_timeout_ms, 250);
  EXPECT_EQ(config->max_accepts_per_turn, 3u);
  EXPECT_TRUE(config->bind_to_port);
  EXPECT_EQ(config->AllChains().size(), 2u);
  EXPECT_TRUE(config->connection.half_close);
}

TEST_F(ListenerParserTest, AnAddressCanBeThereOnce) {
  EXPECT_EQ(
      Parse(absl::StrCat(AddressText(80), chain_, "additional_addresses { ", AddressText(80), "}")),
      nullptr);
  EXPECT_THAT(Lines(), ElementsAre("additional_addresses[0].address: 127.0.0.1:80 is an address of "
                                   "this listener already"));
}

TEST_F(ListenerParserTest, WithoutANameItsAddressIsItsName) {
  const auto config = Parse(absl::StrCat(AddressText(80), chain_));
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->name, "127.0.0.1:80");
}

TEST_F(ListenerParserTest, ChainsThatStayTheSameAreTakenOver) {
  const std::string stays = absl::StrCat(
      "filter_chains { filter_chain_match { server_names: \"a\" "
      "} ",
      FilterText("a"), "} ");
  const auto first = Parse(absl::StrCat("name: \"web\" ", AddressText(80), stays));
  ASSERT_NE(first, nullptr);
  const auto second =
      Parse(absl::StrCat("name: \"web\" ", AddressText(80),
                         "filter_chains { filter_chain_match { "
                         "server_names: \"b\" } ",
                         FilterText("a"), "} filter_chains { ", FilterText("new"), "}"),
            first.get());
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->chains[0], first->chains[0]) << "which connections it gets is not its matter";
  EXPECT_NE(second->chains[1], first->chains[0]);
}

TEST_F(ListenerParserTest, RemembersWhichTablesAChainWaitsFor) {
  UseSource();
  const auto config = Parse(absl::StrCat("name: \"web\" ", AddressText(80), "filter_chains { ",
                                         FilterText("a", "rds:table"), "}"));
  ASSERT_NE(config, nullptr);
  ASSERT_EQ(config->chains[0]->routes.size(), 1u);
  EXPECT_EQ(config->chains[0]->routes[0]->name, "table");
}

TEST_F(ListenerParserTest, TellsEveryFaultWithItsPath) {
  EXPECT_EQ(Parse(absl::StrCat("name: \"web\" ", AddressText(80, "nonsense"),
                               "filter_chains { } filter_chains { filter_chain_match { "
                               "server_names: \"a.*.com\" prefix_ranges { address_prefix: \"x\" } "
                               "} ",
                               FilterText("a"), FilterText("b"), "}")),
            nullptr);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_THAT(lines[0], HasSubstr("address.socket_address.address: "));
  EXPECT_THAT(lines[1], HasSubstr("filter_chains[0].filters: must not be empty"));
  EXPECT_THAT(lines[2], HasSubstr("filter_chains[1].filter_chain_match.prefix_ranges[0]"));
  EXPECT_THAT(lines[3], HasSubstr("filter_chains[1].filter_chain_match.server_names[0]"));
  EXPECT_THAT(lines[4], HasSubstr("filter_chains[1].filters[0].name: \"echo\" is a terminal "
                                  "filter and must be the last"));
}

TEST_F(ListenerParserTest, TwoChainsThatMatchTheSameAreAFault) {
  EXPECT_EQ(Parse(absl::StrCat("name: \"web\" ", AddressText(80), chain_, chain_)), nullptr);
  EXPECT_THAT(Lines(), ElementsAre("filter_chains[1].filter_chain_match: is the same as that of "
                                   "filter_chains[0]"));
}

TEST_F(ListenerParserTest, ATransportSocketThatIsNotThereIsAFault) {
  EXPECT_EQ(
      Parse(absl::StrCat("name: \"web\" ", AddressText(80), "filter_chains { ", FilterText("a"),
                         "transport_socket { name: \"tls\" typed_config { type_url: "
                         "\"type.googleapis.com/some.Tls\" } } }")),
      nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("filter_chains[0].transport_socket.typed_config: "));
  EXPECT_THAT(Lines()[0], HasSubstr("some.Tls"));
}

TEST_F(ListenerParserTest, AChainHasItsTransportSocket) {
  const auto config = Parse(absl::StrCat("name: \"web\" ", AddressText(80), SecureChain()));
  ASSERT_NE(config, nullptr) << Lines().front();
  ASSERT_NE(config->chains[0]->transport, nullptr);
  EXPECT_TRUE(config->chains[0]->transport->is_secure());
  EXPECT_EQ(config->chains[0]->transport_connect_timeout_ms, 10'000);
  EXPECT_EQ(stat_prefix_, "listener.127.0.0.1_80");
  const auto patient =
      Parse(absl::StrCat("name: \"web\" stat_prefix: \"front\" ", AddressText(80),
                         SecureChain("transport_socket_connect_timeout { seconds: 2 }")));
  ASSERT_NE(patient, nullptr);
  EXPECT_EQ(patient->chains[0]->transport_connect_timeout_ms, 2'000);
  EXPECT_EQ(stat_prefix_, "listener.front");
}

TEST_F(ListenerParserTest, PlaintextNeedsNoTransportSocket) {
  for (const char* const config :
       {"",
        "typed_config { type_url: \"type.googleapis.com/"
        "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer\" }"}) {
    const auto parsed = Parse(absl::StrCat(
        "name: \"web\" ", AddressText(80), "filter_chains { ", FilterText("a"),
        "transport_socket { name: \"envoy.transport_sockets.raw_buffer\" ", config, " } }"));
    ASSERT_NE(parsed, nullptr);
    EXPECT_EQ(parsed->chains[0]->transport, nullptr);
  }
}

TEST_F(ListenerParserTest, AConnectionLearnsForWhichNamesItsChainIs) {
  const auto config = Parse(absl::StrCat(
      "name: \"web\" ", AddressText(80),
      SecureChain("filter_chain_match { server_names: \"A.test\" server_names: \"*.b.test\" }"),
      chain_));
  ASSERT_NE(config, nullptr);
  filter::AcceptedSocket socket;
  socket.server_name = "x.b.test";
  const auto named = config->ChainFor(socket);
  ASSERT_NE(named.server_names, nullptr);
  EXPECT_THAT(*named.server_names, ElementsAre("a.test", "*.b.test"));
  socket.server_name.clear();
  const auto other = config->ChainFor(socket);
  EXPECT_EQ(other.chain, &config->chains[1]);
  EXPECT_EQ(other.server_names, nullptr);
}

TEST_F(ListenerParserTest, NeedsAnAddressAndAChain) {
  EXPECT_EQ(Parse("name: \"web\""), nullptr);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "address: is required");
  EXPECT_THAT(lines[1], HasSubstr("filter_chains: must not be empty"));
}

}  // namespace
}  // namespace weir::server
