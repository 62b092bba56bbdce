// Against a real server on loopback. The clock is the system's, because c-ares measures its own
// timeouts with it; the only tests that wait for one say 20 ms.
#include "source/net/dns.h"

#include <gmock/gmock.h>

#include <optional>

#include "source/base/thread.h"
#include "source/net/listen_socket.h"
#include "test/net/scripted_dns_server.h"

namespace weir::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Server = ScriptedDnsServer;

// What a Resolve() brought.
struct Outcome {
  std::unique_ptr<DnsResolver::Query> query;
  std::optional<absl::StatusOr<DnsAnswer>> answer;
  int calls = 0;

  absl::StatusCode code() const { return answer->status().code(); }
  std::vector<std::string> ips() const {
    std::vector<std::string> texts;
    if (!answer->ok()) return texts;
    for (const Address& address : (*answer)->addresses) texts.push_back(address.IpString());
    return texts;
  }
};

class DnsTest : public testing::Test {
 protected:
  DnsTest() { Open({}); }

  void Open(DnsOptions options) {
    options.resolvers = {server_.address()};
    absl::StatusOr<std::unique_ptr<DnsResolver>> made = DnsResolver::Create(loop_, options);
    ASSERT_TRUE(made.ok()) << made.status();
    resolver_ = *std::move(made);
  }
  std::unique_ptr<Outcome> Ask(std::string_view name, DnsFamily family = DnsFamily::kAuto) {
    auto outcome = std::make_unique<Outcome>();
    outcome->query =
        resolver_->Resolve(name, family, [o = outcome.get()](absl::StatusOr<DnsAnswer> answer) {
          o->answer = std::move(answer);
          ++o->calls;
        });
    EXPECT_EQ(outcome->calls, 0) << "never before Resolve returns";
    return outcome;
  }
  // Turns until it is answered; sleeps in the kernel only as long as the loop would.
  std::unique_ptr<Outcome> Resolve(std::string_view name, DnsFamily family = DnsFamily::kAuto) {
    auto outcome = Ask(name, family);
    EXPECT_TRUE(TurnUntil([&] { return outcome->calls > 0; })) << name;
    return outcome;
  }
  bool TurnUntil(const std::function<bool()>& is_done) {
    const int64_t deadline_ns = base::Clock::System().MonotonicNs() + int64_t{20} * 1'000'000'000;
    while (!is_done() && base::Clock::System().MonotonicNs() < deadline_ns) loop_.RunReady();
    return is_done();
  }
  void OnA(const std::string& name, std::vector<std::string> ips, uint32_t ttl_s = 60) {
    Server::Script script;
    for (std::string& ip : ips) script.records.push_back({Server::kA, ttl_s, std::move(ip), ""});
    server_.On(name, Server::kA, script);
  }
  void OnAaaa(const std::string& name, std::vector<std::string> ips, uint32_t ttl_s = 60) {
    Server::Script script;
    for (std::string& ip : ips) script.records.push_back({Server::kAaaa, ttl_s, std::move(ip), ""});
    server_.On(name, Server::kAaaa, script);
  }

  event::Loop loop_{"test", base::kMainThread};
  Server server_{loop_};
  std::unique_ptr<DnsResolver> resolver_;
};

TEST_F(DnsTest, V4OnlyAsksForV4Only) {
  OnA("a.test", {"10.0.0.2", "10.0.0.1"}, 30);
  OnAaaa("a.test", {"fd00::1"});
  const auto outcome = Resolve("a.test", DnsFamily::kV4Only);
  EXPECT_THAT(outcome->ips(), ElementsAre("10.0.0.2", "10.0.0.1")) << "in the server's order";
  EXPECT_EQ((*outcome->answer)->ttl_s, 30);
  EXPECT_EQ((*outcome->answer)->addresses[0].port(), 0);
  EXPECT_EQ(server_.questions("a.test", Server::kAaaa), 0);
}

TEST_F(DnsTest, V6OnlyAsksForV6Only) {
  OnA("a.test", {"10.0.0.1"});
  OnAaaa("a.test", {"fd00::1"}, 7);
  const auto outcome = Resolve("a.test", DnsFamily::kV6Only);
  EXPECT_THAT(outcome->ips(), ElementsAre("fd00::1"));
  EXPECT_EQ((*outcome->answer)->ttl_s, 7);
  EXPECT_EQ(server_.questions("a.test", Server::kA), 0);
}

TEST_F(DnsTest, AutoTakesV6WhenThereIsAny) {
  OnA("a.test", {"10.0.0.1"});
  OnAaaa("a.test", {"fd00::1"});
  EXPECT_THAT(Resolve("a.test")->ips(), ElementsAre("fd00::1"));
  EXPECT_EQ(server_.questions("a.test", Server::kA), 0);
}

TEST_F(DnsTest, AutoFallsBackToV4) {
  OnA("empty6.test", {"10.0.0.1"});
  OnAaaa("empty6.test", {});
  EXPECT_THAT(Resolve("empty6.test")->ips(), ElementsAre("10.0.0.1"));
  OnA("broken6.test", {"10.0.0.2"});
  server_.On("broken6.test", Server::kAaaa, {.code = Server::kServFail});
  EXPECT_THAT(Resolve("broken6.test")->ips(), ElementsAre("10.0.0.2"));
  OnA("missing6.test", {"10.0.0.3"});
  EXPECT_THAT(Resolve("missing6.test")->ips(), ElementsAre("10.0.0.3"));
}

TEST_F(DnsTest, V4PreferredFallsBackToV6) {
  OnA("both.test", {"10.0.0.1"});
  OnAaaa("both.test", {"fd00::1"});
  EXPECT_THAT(Resolve("both.test", DnsFamily::kV4Preferred)->ips(), ElementsAre("10.0.0.1"));
  EXPECT_EQ(server_.questions("both.test", Server::kAaaa), 0);
  OnA("six.test", {});
  OnAaaa("six.test", {"fd00::2"});
  EXPECT_THAT(Resolve("six.test", DnsFamily::kV4Preferred)->ips(), ElementsAre("fd00::2"));
}

TEST_F(DnsTest, AllAnswersWithBothAndTheSmallestTtl) {
  OnA("a.test", {"10.0.0.1", "10.0.0.2"}, 5);
  OnAaaa("a.test", {"fd00::1"}, 50);
  const auto outcome = Resolve("a.test", DnsFamily::kAll);
  EXPECT_THAT(outcome->ips(), ElementsAre("fd00::1", "10.0.0.1", "10.0.0.2"));
  EXPECT_EQ((*outcome->answer)->ttl_s, 5);
}

TEST_F(DnsTest, AllTakesWhatItGets) {
  OnA("a.test", {"10.0.0.1"});
  server_.On("a.test", Server::kAaaa, {.code = Server::kServFail});
  EXPECT_THAT(Resolve("a.test", DnsFamily::kAll)->ips(), ElementsAre("10.0.0.1"));
}

TEST_F(DnsTest, ANameBehindAnAliasHasTheSmallestTtlOfTheChain) {
  server_.On("alias.test", Server::kA,
             {.records = {{Server::kCname, 9, "real.test", ""},
                          {Server::kA, 300, "10.0.0.1", "real.test"}}});
  const auto outcome = Resolve("alias.test", DnsFamily::kV4Only);
  EXPECT_THAT(outcome->ips(), ElementsAre("10.0.0.1"));
  EXPECT_EQ((*outcome->answer)->ttl_s, 9);
}

TEST_F(DnsTest, ANameThatDoesNotExistIsNotFound) {
  for (DnsFamily family : {DnsFamily::kAuto, DnsFamily::kV4Only, DnsFamily::kV6Only,
                           DnsFamily::kV4Preferred, DnsFamily::kAll}) {
    const auto outcome = Resolve("missing.test", family);
    EXPECT_EQ(outcome->code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(outcome->answer->status().message(), "the name 'missing.test' does not exist");
  }
}

TEST_F(DnsTest, ANameWithoutAddressesIsAnEmptyAnswer) {
  OnA("empty.test", {});
  OnAaaa("empty.test", {});
  for (DnsFamily family : {DnsFamily::kAuto, DnsFamily::kV4Only, DnsFamily::kAll}) {
    const auto outcome = Resolve("empty.test", family);
    ASSERT_TRUE(outcome->answer->ok()) << outcome->answer->status();
    EXPECT_THAT(outcome->ips(), ElementsAre());
  }
}

TEST_F(DnsTest, AFailureIsNotTakenForAnEmptyAnswer) {
  OnA("half.test", {});
  server_.On("half.test", Server::kAaaa, {.code = Server::kServFail});
  for (DnsFamily family : {DnsFamily::kAuto, DnsFamily::kV4Preferred, DnsFamily::kAll}) {
    EXPECT_EQ(Resolve("half.test", family)->code(), absl::StatusCode::kUnavailable);
  }
}

TEST_F(DnsTest, AServersFailureIsUnavailable) {
  for (Server::Code code : {Server::kServFail, Server::kRefused}) {
    server_.On("bad.test", Server::kA, {.code = code});
    const auto outcome = Resolve("bad.test", DnsFamily::kV4Only);
    EXPECT_EQ(outcome->code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(outcome->answer->status().message()),
                HasSubstr("cannot resolve 'bad.test': A: "));
  }
}

TEST_F(DnsTest, ASilentServerIsUnavailableInTime) {
  Open({.query_timeout_ms = 20, .query_tries = 2});
  server_.On("silent.test", Server::kA, {.is_silent = true});
  const auto outcome = Resolve("silent.test", DnsFamily::kV4Only);
  EXPECT_EQ(outcome->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.questions("silent.test", Server::kA), 2);
}

TEST_F(DnsTest, ALostAnswerIsAskedForAgain) {
  Open({.query_timeout_ms = 20, .query_tries = 4});
  server_.On("lossy.test", Server::kA,
             {.records = {{Server::kA, 1, "10.0.0.1", ""}}, .silent_count = 1});
  EXPECT_THAT(Resolve("lossy.test", DnsFamily::kV4Only)->ips(), ElementsAre("10.0.0.1"));
}

TEST_F(DnsTest, AsksOverTcpWhenTold) {
  const int listener = *BindListenSocket(*Address::ParseIp("127.0.0.1", 0), {});
  ASSERT_TRUE(StartListening(listener, 1).ok());
  DnsOptions options;
  options.resolvers = {*BoundAddress(listener)};
  options.use_tcp = true;
  resolver_ = *DnsResolver::Create(loop_, options);
  OnA("a.test", {"10.0.0.1"});
  const auto outcome = Ask("a.test", DnsFamily::kV4Only);
  int accepted = -1;
  std::string question;
  ASSERT_TRUE(TurnUntil([&] {
    if (accepted < 0) accepted = accept(listener, nullptr, nullptr);
    char bytes[512];
    const ssize_t count = accepted < 0 ? 0 : recv(accepted, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count > 0) question.append(bytes, static_cast<size_t>(count));
    return question.size() > 2 && question.size() == 2u + static_cast<uint8_t>(question[1]);
  }));
  std::string answer = server_.Answer(std::string_view(question).substr(2));
  answer.insert(0, {'\0', static_cast<char>(answer.size())});
  ASSERT_EQ(send(accepted, answer.data(), answer.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(answer.size()));
  ASSERT_TRUE(TurnUntil([&] { return outcome->calls > 0; }));
  EXPECT_THAT(outcome->ips(), ElementsAre("10.0.0.1"));
  resolver_.reset();
  close(accepted);
  close(listener);
}

TEST_F(DnsTest, LiteralsAreAnsweredWithoutAsking) {
  EXPECT_THAT(Resolve("10.9.8.7", DnsFamily::kV6Only)->ips(), ElementsAre("10.9.8.7"));
  EXPECT_THAT(Resolve("fd00::9")->ips(), ElementsAre("fd00::9"));
  EXPECT_EQ(server_.questions("10.9.8.7", Server::kA), 0);
  EXPECT_EQ(server_.questions("fd00::9", Server::kAaaa), 0);
}

TEST_F(DnsTest, LocalhostIsInTheHostsFile) {
  EXPECT_THAT(Resolve("localhost", DnsFamily::kV4Only)->ips(), testing::Contains("127.0.0.1"));
  EXPECT_EQ(server_.questions("localhost", Server::kA), 0);
}

TEST_F(DnsTest, WhatIsNoNameIsNotAskedFor) {
  OnA("a.test", {"10.0.0.1"});
  EXPECT_EQ(Resolve("")->code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Resolve(std::string_view("a.test\0.b", 9))->code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(Resolve(std::string(300, 'x'))->answer->ok());
  EXPECT_FALSE(Resolve("a..test")->answer->ok());
  EXPECT_EQ(server_.questions("a.test", Server::kA), 0);
}

TEST_F(DnsTest, ManyQuestionsAtOnce) {
  std::vector<std::unique_ptr<Outcome>> outcomes;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "host" + std::to_string(i) + ".test";
    OnA(name, {"10.0.1." + std::to_string(i)});
    outcomes.push_back(Ask(name, DnsFamily::kAll));
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(TurnUntil([&] { return outcomes[i]->calls > 0; }));
    EXPECT_THAT(outcomes[i]->ips(), ElementsAre("10.0.1." + std::to_string(i)));
    EXPECT_EQ(outcomes[i]->calls, 1);
  }
}

TEST_F(DnsTest, AnAbandonedQueryNeverAnswers) {
  OnA("a.test", {"10.0.0.1"});
  const auto in_flight = Ask("a.test", DnsFamily::kV4Only);
  in_flight->query.reset();
  const auto literal = Ask("10.0.0.1");
  literal->query.reset();
  Resolve("other.test");
  ASSERT_TRUE(TurnUntil([&] { return server_.questions("a.test", Server::kA) == 1; }));
  Resolve("another.test");
  EXPECT_EQ(in_flight->calls, 0);
  EXPECT_EQ(literal->calls, 0);
}

TEST_F(DnsTest, AResolverMayEndWithQueriesPending) {
  OnA("a.test", {"10.0.0.1"});
  server_.On("silent.test", Server::kA, {.is_silent = true});
  const auto first = Ask("a.test");
  const auto second = Ask("silent.test", DnsFamily::kAll);
  const auto literal = Ask("10.0.0.1");
  loop_.RunReady();
  const int answered = first->calls + second->calls;
  resolver_.reset();
  for (int i = 0; i < 20; ++i) loop_.RunReady();
  EXPECT_EQ(first->calls + second->calls, answered);
}

TEST_F(DnsTest, AnAnswerMayEndItsQueryAndItsResolver) {
  OnA("a.test", {"10.0.0.1"});
  bool is_answered = false;
  std::unique_ptr<DnsResolver::Query> query;
  query = resolver_->Resolve("a.test", DnsFamily::kAll, [&](absl::StatusOr<DnsAnswer> answer) {
    EXPECT_TRUE(answer.ok());
    query.reset();
    resolver_.reset();
    is_answered = true;
  });
  EXPECT_TRUE(TurnUntil([&] { return is_answered; }));
}

TEST_F(DnsTest, AnAnswerMayAskAgain) {
  OnA("a.test", {"10.0.0.1"});
  std::unique_ptr<Outcome> second;
  auto query = resolver_->Resolve("a.test", DnsFamily::kV4Only, [&](absl::StatusOr<DnsAnswer>) {
    second = Ask("a.test", DnsFamily::kV4Only);
  });
  EXPECT_TRUE(TurnUntil([&] { return second != nullptr && second->calls == 1; }));
}

TEST_F(DnsTest, AResolverMustBeAnIpAddress) {
  DnsOptions options;
  options.resolvers = {*Address::Pipe("/run/dns")};
  EXPECT_EQ(DnsResolver::Create(loop_, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// Nobody answers in a test's own network: every failure makes the next question start afresh.
TEST_F(DnsTest, ResolvConfServesWithoutResolversAndIsReadAgainAfterAFailure) {
  DnsOptions options;
  options.query_timeout_ms = 20;
  options.query_tries = 1;
  resolver_ = *DnsResolver::Create(loop_, options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Resolve("a.test")->code(), absl::StatusCode::kUnavailable);
  }
}

}  // namespace
}  // namespace weir::net
