#include "source/admin/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "test/admin/admin_fixture.h"

namespace weir::admin {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AdminServerTest : public AdminFixture {
 protected:
  void Start() {
    auto server = AdminServer::Start(*net::Address::ParseIp("127.0.0.1", 0), sources_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
  }
  std::string Ask(std::string_view request_line, std::string_view headers = "host: localhost\r\n") {
    AdminClient client(server_->address());
    client.Send(absl::StrCat(std::string(request_line), " HTTP/1.1\r\n", std::string(headers),
                             "connection: close\r\n\r\n"));
    return client.ReadAll();
  }
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, AnswersOnThePortItGot) {
  Start();
  EXPECT_NE(server_->address().port(), 0);
  const std::string reply = Ask("GET /ready");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("x-content-type-options: nosniff\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\nLIVE\n"));
}

class RecordingLogger final : public filter::AccessLogger {
 public:
  explicit RecordingLogger(std::vector<std::string>& lines) : lines_(lines) {}
  void Log(const filter::StreamInfo& info) const override {
    lines_.push_back(absl::StrCat(std::string(info.request->method_name), " ",
                                  std::string(info.request->path), " ", info.response_code, " ",
                                  info.bytes_received, "/", info.bytes_sent, " from ",
                                  info.connection->direct_remote.IpString()));
  }

 private:
  std::vector<std::string>& lines_;
};

TEST_F(AdminServerTest, LogsItsRequests) {
  std::vector<std::string> lines;
  sources_.access_logs.Add({nullptr, std::make_shared<RecordingLogger>(lines)});
  Start();
  Ask("GET /ready");
  Ask("GET /nothing?x=1");
  AdminClient client(server_->address());
  client.Send(
      "POST /drain_listeners HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n"
      "connection: close\r\n\r\nabcd");
  client.ReadAll();
  server_.reset();  // joins the thread that logs
  EXPECT_THAT(lines, testing::ElementsAre("GET /ready 200 0/5 from 127.0.0.1",
                                          "GET /nothing?x=1 404 0/40 from 127.0.0.1",
                                          "POST /drain_listeners 200 4/3 from 127.0.0.1"));
}

TEST_F(AdminServerTest, SetsOptionsOfItsSocket) {
  sources_.socket_options.push_back({SOL_SOCKET, 9999, "\1", net::SocketOption::When::kBound});
  const auto server = AdminServer::Start(*net::Address::ParseIp("127.0.0.1", 0), sources_);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("socket option 1/9999"));
}

TEST_F(AdminServerTest, AnAddressThatIsTakenIsAnError) {
  Start();
  const auto second = AdminServer::Start(server_->address(), sources_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server_->address().ToString()));
}

TEST_F(AdminServerTest, OneConnectionServesManyRequests) {
  Start();
  AdminClient client(server_->address());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n");
    EXPECT_THAT(client.ReadTo("LIVE\n"), StartsWith("HTTP/1.1 200 "));
  }
  client.Send("GET /stats?filter=requests HTTP/1.1\r\nhost: localhost\r\n\r\n");
  EXPECT_THAT(client.ReadTo("0\r\n\r\n"), HasSubstr("test.<b>.requests: 3"));
  client.Send("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n");
  EXPECT_THAT(client.ReadTo("LIVE\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, UnknownPathsAndWrongMethods) {
  Start();
  EXPECT_THAT(Ask("GET /nothing"), StartsWith("HTTP/1.1 404 "));
  const std::string needs_post = Ask("GET /quitquitquit");
  EXPECT_THAT(needs_post, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(needs_post, HasSubstr("allow: POST\r\n"));
  EXPECT_EQ(quits_, 0);
  const std::string wrong = Ask("DELETE /ready");
  EXPECT_THAT(wrong, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(wrong, HasSubstr("allow: GET, HEAD, POST\r\n"));
  EXPECT_THAT(Ask("POST /quitquitquit", "host: localhost\r\ncontent-length: 0\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(quits_, 1);
}

TEST_F(AdminServerTest, ABodyIsReadBeforeTheAnswer) {
  Start();
  AdminClient client(server_->address());
  client.Send("POST /drain_listeners HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nab");
  EXPECT_EQ(drains_, 0);
  client.Send("cd");
  EXPECT_THAT(client.ReadTo("OK\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(drains_, 1);
}

TEST_F(AdminServerTest, HeadHasNoBody) {
  Start();
  const std::string ready = Ask("HEAD /ready");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ready, HasSubstr("content-length: 5\r\n"));
  EXPECT_THAT(ready, EndsWith("\r\n\r\n"));
  EXPECT_THAT(Ask("HEAD /stats"), EndsWith("\r\n\r\n"));
}

TEST_F(AdminServerTest, BrowsersThatWereLuredAreRefused) {
  Start();
  EXPECT_THAT(Ask("GET /ready", "host: evil.example\r\n"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(Ask("POST /quitquitquit",
                  "host: localhost\r\norigin: http://evil.example\r\ncontent-length: 0\r\n"),
              StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(quits_, 0);
  EXPECT_THAT(Ask("GET /ready", "host: 127.0.0.1:9901\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, BadRequestsAndOldClients) {
  Start();
  EXPECT_THAT(Ask("GET  /ready"), StartsWith("HTTP/1.1 400 "));
  AdminClient old(server_->address());
  old.Send("GET /ready HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.ReadAll(), EndsWith("LIVE\n"));
}

TEST_F(AdminServerTest, AClientThatEndsItsSideStillGetsEverything) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /stats HTTP/1.1\r\nhost: localhost\r\n\r\n");
  client.EndSending();
  EXPECT_THAT(client.ReadAll(), EndsWith("0\r\n\r\n"));
}

TEST_F(AdminServerTest, NoMoreThanSixteenConnections) {
  Start();
  std::vector<std::unique_ptr<AdminClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<AdminClient>(server_->address()));
    clients.back()->Send("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n");
    EXPECT_THAT(clients.back()->ReadTo("LIVE\n"), StartsWith("HTTP/1.1 200 "));
  }
  AdminClient seventeenth(server_->address());
  EXPECT_EQ(seventeenth.ReadAll(), "");
  clients[0]->Send("GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  clients[0]->ReadAll();
  clients.erase(clients.begin());
  std::string reply;
  for (int i = 0; i < 1000 && reply.empty(); ++i) {
    AdminClient next(server_->address());
    next.Send("GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    reply = next.ReadAll();
  }
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, ASlowReaderOfAHugeReportKeepsNobodyWaiting) {
  std::vector<std::shared_ptr<stats::Group<AdminTestStats>>> groups;
  for (int i = 0; i < 60'000; ++i) {
    groups.push_back(stats_.AddGroup<AdminTestStats>(
        absl::StrCat("a.rather.long.prefix.that.makes.the.report.large.", i)));
  }
  Start();
  AdminClient slow(server_->address());
  slow.Send("GET /stats HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  const std::string begin = slow.ReadTo("\r\n\r\n");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Ask("GET /ready"), EndsWith("LIVE\n"));
  const std::string all = begin + slow.ReadAll();
  EXPECT_GT(all.size(), 6'000'000u);
  EXPECT_THAT(all, EndsWith("0\r\n\r\n"));
}

TEST_F(AdminServerTest, AClientThatLeavesInTheMiddleOfAReportKeepsNobodyWaiting) {
  std::vector<std::shared_ptr<stats::Group<AdminTestStats>>> groups;
  for (int i = 0; i < 60'000; ++i) {
    groups.push_back(stats_.AddGroup<AdminTestStats>(
        absl::StrCat("a.rather.long.prefix.that.makes.the.report.large.", i)));
  }
  Start();
  AdminClient stays(server_->address());
  for (int i = 0; i < 10; ++i) {
    {
      AdminClient leaves(server_->address());
      leaves.Send("GET /stats HTTP/1.1\r\nhost: localhost\r\n\r\n");
      leaves.ReadTo("\r\n\r\n");
    }
    stays.Send("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n");
    EXPECT_THAT(stays.ReadTo("LIVE\n"), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_THAT(Ask("GET /stats"), EndsWith("0\r\n\r\n"));
}

TEST_F(AdminServerTest, EndingTheServerEndsItsConnections) {
  Start();
  AdminClient client(server_->address());
  client.Send("GET /ready HTTP/1.1\r\nhost: localhost\r\n\r\n");
  client.ReadTo("LIVE\n");
  server_.reset();
  EXPECT_EQ(client.ReadAll(), "");
}

}  // namespace
}  // namespace weir::admin
