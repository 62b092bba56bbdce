#include "source/tls/key_log.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "test/net/connection_fixture.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

std::string ContentOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(KeyLogTest, WritesLinesOfChosenConnections) {
  const std::string path = testing::TempDir() + "/chosen.log";
  const auto [server, client] = net::TcpPair();
  const auto log_for = [&](const char* local, const char* remote) {
    KeyLogConfig config{path, {}, {}};
    if (local != nullptr) config.local_ranges = {*net::CidrRange::Create(local, 8)};
    if (remote != nullptr) config.remote_ranges = {*net::CidrRange::Create(remote, 8)};
    return *KeyLog::Open(std::move(config));
  };
  log_for(nullptr, nullptr)->Write(server, "all");
  log_for("127.0.0.0", nullptr)->Write(server, "local");
  log_for("10.0.0.0", nullptr)->Write(server, "not");
  log_for(nullptr, "127.0.0.0")->Write(server, "remote");
  log_for("127.0.0.0", "10.0.0.0")->Write(server, "not");
  EXPECT_EQ(ContentOf(path), "all\nlocal\nremote\n");
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  close(server);
  close(client);
}

TEST(KeyLogTest, NeedsAFile) { EXPECT_FALSE(KeyLog::Open({"/nowhere/at/all", {}, {}}).ok()); }

class KeyLogHandshakeTest : public TlsFixture {};

TEST_F(KeyLogHandshakeTest, HoldsTheSecretsOfAHandshake) {
  const std::string path = testing::TempDir() + "/handshake.log";
  ServerTransportConfig config = PlainServer();
  config.settings.key_log = *KeyLog::Open({path, {}, {}});
  EXPECT_TRUE(Connect(MakeServer(std::move(config)), MakeClient(PlainClient()))->is_established());
  EXPECT_THAT(ContentOf(path), HasSubstr("CLIENT_TRAFFIC_SECRET_0 "));
}

}  // namespace
}  // namespace weir::tls
