// Secrets by name, from files that change, from a source; and what the contexts make of them.
#include "source/tls/secret_manager.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "source/tls/peer_verifier.h"
#include "source/tls/ticket_keys.h"
#include "source/xds/subscription.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace proto = envoy::extensions::transport_sockets::tls::v3;

proto::Secret SecretMessage(const std::string& name, const TestCertificate& certificate) {
  proto::Secret secret;
  secret.set_name(name);
  auto& content = *secret.mutable_tls_certificate();
  content.mutable_certificate_chain()->set_inline_string(certificate.pem);
  content.mutable_private_key()->set_inline_string(certificate.key_pem);
  return secret;
}

// Known by its address alone.
class NoSource final : public xds::ResourceSource {
 public:
  std::unique_ptr<xds::Subscription> Subscribe(xds::ResourceType, const xds::SubscriptionOptions&,
                                               xds::ResourceSink&) override {
    return nullptr;
  }
};

// A control plane that remembers who asked.
class RecordingSource final : public SecretSource {
 public:
  const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                     config::Faults& faults) override {
    if (refuses) faults.Add("", "no such control plane");
    if (refuses) return nullptr;
    return proto.has_self() ? &other_origin : &origin;
  }
  void BeginUse(const xds::ResourceOrigin&, const std::string& name) override {
    names.push_back(name);
  }
  void EndUse(const xds::ResourceOrigin&, const std::string& name) override {
    names.erase(std::find(names.begin(), names.end(), name));
  }
  NoSource here, elsewhere;
  const xds::ResourceOrigin origin{&here};
  const xds::ResourceOrigin other_origin{&elsewhere};
  std::vector<std::string> names;
  bool refuses = false;
};

class SecretManagerTest : public TlsFixture {
 protected:
  ServerFactory ServerWith(std::shared_ptr<Secret<Certificate>> certificate) {
    ServerTransportConfig config;
    config.certificates = {std::move(certificate)};
    return MakeServer(std::move(config));
  }
  std::string ShownBy(const ServerFactory& server) {
    ClientTransportConfig config;
    config.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
    auto pair = Connect(server, MakeClient(std::move(config)));
    return pair->is_established() ? pair->client.socket->secure_info()->peer->subject : "nothing";
  }
  std::shared_ptr<Secret<Certificate>> Find(const SecretReference& reference) {
    config::Faults faults;
    auto found = secrets_.FindCertificate(reference, faults);
    fault_ = faults.ToString();
    return found;
  }
  bool Deliver(const proto::Secret& secret) { return Deliver(secret, source_.here); }
  bool Deliver(const proto::Secret& secret, const NoSource& from) {
    config::Faults faults;
    const bool is_taken = secrets_.Deliver(from, secret, faults);
    fault_ = faults.ToString();
    return is_taken;
  }
  RecordingSource source_;
  const TestCertificate a_ = Issue({.common_name = "a"}, &ca_);
  const TestCertificate b_ = Issue({.common_name = "b", .key = TestKey::kOtherP256}, &ca_);
};

TEST_F(SecretManagerTest, StaticSecretsAreFoundByNameAndKind) {
  config::Faults faults;
  EXPECT_TRUE(secrets_.AddStatic(SecretMessage("web", a_), faults));
  EXPECT_FALSE(secrets_.AddStatic(SecretMessage("web", b_), faults)) << "once";
  const auto found = Find({"web"});
  ASSERT_NE(found, nullptr) << fault_;
  EXPECT_EQ(ShownBy(ServerWith(found)), "CN=a");
  EXPECT_EQ(Find({"wbe"}), nullptr);
  EXPECT_THAT(fault_, HasSubstr("wbe"));
  EXPECT_EQ(secrets_.FindValidation({"web"}, faults), nullptr);
  EXPECT_EQ(secrets_.FindTicketKeys({"web"}, faults), nullptr);
}

TEST_F(SecretManagerTest, BrokenStaticSecretsAreFaults) {
  config::Faults faults;
  proto::Secret secret = SecretMessage("web", a_);
  secret.mutable_tls_certificate()->mutable_private_key()->set_inline_string(b_.key_pem);
  EXPECT_FALSE(secrets_.AddStatic(secret, faults));
  EXPECT_THAT(faults.ToString(), HasSubstr("tls_certificate.private_key"));
  secret.clear_type();
  EXPECT_FALSE(secrets_.AddStatic(secret, faults));
  secret = SecretMessage("", a_);
  EXPECT_FALSE(secrets_.AddStatic(secret, faults));
}

TEST_F(SecretManagerTest, ASourceIsNeededForSds) {
  const envoy::config::core::v3::ConfigSource sds;
  EXPECT_EQ(Find({"web", &sds}), nullptr);
  EXPECT_THAT(fault_, HasSubstr("sds_config"));
  source_.refuses = true;
  secrets_.set_source(&source_);
  EXPECT_EQ(Find({"web", &sds}), nullptr);
  EXPECT_THAT(fault_, HasSubstr("no such control plane"));
}

// M15
TEST_F(SecretManagerTest, ASecretThatHasNotArrivedMakesNoSockets) {
  const envoy::config::core::v3::ConfigSource sds;
  secrets_.set_source(&source_);
  auto secret = Find({"web", &sds});
  ASSERT_NE(secret, nullptr) << fault_;
  EXPECT_EQ(Find({"web", &sds}), secret) << "one for all";
  EXPECT_EQ(source_.names, std::vector<std::string>{"web"});
  auto server = ServerWith(secret);
  ASSERT_NE(server, nullptr) << fault_;
  EXPECT_EQ(server->Create().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(server->is_secure());
  ClientTransportConfig client_config = PlainClient();
  client_config.certificate = secret;
  auto client = MakeClient(client_config);
  EXPECT_EQ(client->Create({}).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(Deliver(SecretMessage("web", a_))) << fault_;
  EXPECT_EQ(ShownBy(server), "CN=a");
  EXPECT_TRUE(client->Create({}).ok());
  EXPECT_TRUE(Deliver(SecretMessage("nobody's", a_))) << "nobody minds";
  secret.reset();
  server.reset();
  client.reset();
  client_config = {};
  EXPECT_THAT(source_.names, IsEmpty());
  secrets_.set_source(nullptr);
}

// M12, M13: old connections go on, new ones see the new certificate; a bad one changes nothing.
TEST_F(SecretManagerTest, DeliveriesRotate) {
  const envoy::config::core::v3::ConfigSource sds;
  secrets_.set_source(&source_);
  {
    const auto server = ServerWith(Find({"web", &sds}));
    ASSERT_TRUE(Deliver(SecretMessage("web", a_)));
    ClientTransportConfig trusting;
    trusting.validation = TrustOf(ValidationConfig{.accepts_untrusted = true});
    auto old_connection = Connect(server, MakeClient(std::move(trusting)));
    ASSERT_TRUE(Deliver(SecretMessage("web", b_)));
    EXPECT_EQ(ShownBy(server), "CN=b");
    old_connection->server.Write("still here");
    old_connection->Run();
    EXPECT_EQ(old_connection->client.received, "still here");
    EXPECT_EQ(old_connection->server.socket->secure_info()->local->subject, "CN=a");
    proto::Secret bad = SecretMessage("web", a_);
    bad.mutable_tls_certificate()->mutable_private_key()->set_inline_string(b_.key_pem);
    EXPECT_FALSE(Deliver(bad));
    EXPECT_THAT(fault_, HasSubstr("tls_certificate.private_key"));
    EXPECT_EQ(ShownBy(server), "CN=b");
    const auto none_failed = ServerStats().connection_error.value();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Deliver(SecretMessage("web", i % 2 ? a_ : b_)));
    EXPECT_EQ(ShownBy(server), "CN=a");
    EXPECT_EQ(ServerStats().connection_error.value(), none_failed);
  }
  secrets_.set_source(nullptr);
}

TEST_F(SecretManagerTest, TheSameNameElsewhereIsAnotherSecret) {
  const envoy::config::core::v3::ConfigSource sds;
  envoy::config::core::v3::ConfigSource elsewhere;
  elsewhere.mutable_self();
  secrets_.set_source(&source_);
  {
    const auto one = ServerWith(Find({"web", &sds}));
    const auto other = ServerWith(Find({"web", &elsewhere}));
    ASSERT_TRUE(Deliver(SecretMessage("web", a_)));
    EXPECT_EQ(ShownBy(one), "CN=a");
    EXPECT_FALSE(other->Create().ok());
    ASSERT_TRUE(Deliver(SecretMessage("web", b_), source_.elsewhere));
    EXPECT_EQ(ShownBy(one), "CN=a");
    EXPECT_EQ(ShownBy(other), "CN=b");
  }
  EXPECT_THAT(source_.names, IsEmpty());
  secrets_.set_source(nullptr);
}

// Whoever warms waits until each secret has come or was given up, and hears of it.
TEST_F(SecretManagerTest, SecretsSettle) {
  const envoy::config::core::v3::ConfigSource sds;
  secrets_.set_source(&source_);
  int settled = 0;
  secrets_.SetSettled([&] { ++settled; });
  {
    const auto server = ServerWith(Find({"web", &sds}));
    ClientTransportConfig config = PlainClient();
    config.certificate = Find({"late", &sds});
    const auto client = MakeClient(std::move(config));
    EXPECT_FALSE(server->is_settled());
    EXPECT_FALSE(client->is_settled());
    ASSERT_TRUE(Deliver(SecretMessage("web", a_)));
    ASSERT_TRUE(Deliver(SecretMessage("web", b_)));
    EXPECT_TRUE(server->is_settled());
    EXPECT_EQ(settled, 1);
    secrets_.GiveUp(source_.here, "late");
    secrets_.GiveUp(source_.here, "late");
    secrets_.GiveUp(source_.here, "web");
    EXPECT_TRUE(client->is_settled());
    EXPECT_FALSE(client->Create({}).ok()) << "nobody waits, but it is not there";
    EXPECT_EQ(settled, 2);
    ASSERT_TRUE(Deliver(SecretMessage("late", a_)));
    EXPECT_TRUE(client->Create({}).ok());
  }
  secrets_.SetSettled(nullptr);
  secrets_.set_source(nullptr);
}

TEST_F(SecretManagerTest, ACombinedContextWaitsForItsSecondPart) {
  const envoy::config::core::v3::ConfigSource sds;
  secrets_.set_source(&source_);
  {
    config::Faults faults;
    ClientTransportConfig config;
    config.settings.server_name = "elsewhere.test";
    config.validation = TrustOf(ValidationConfig{.names = {{.text = "a.test"}}});
    config.more_validation = secrets_.FindValidation({"ca", &sds}, faults);
    const auto client = MakeClient(std::move(config));
    ASSERT_NE(client, nullptr) << fault_;
    EXPECT_FALSE(client->Create({}).ok());
    proto::Secret secret;
    secret.set_name("ca");
    secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string(ca_.pem);
    ASSERT_TRUE(Deliver(secret)) << fault_;
    const auto server = MakeServer(PlainServer());
    EXPECT_TRUE(Connect(server, client)->is_established())
        << "the CA of one, the name of the other";
    secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string(
        MakeAuthority("Other", TestKey::kOtherP256).pem);
    ASSERT_TRUE(Deliver(secret));
    EXPECT_FALSE(Connect(server, client)->is_established());
  }
  secrets_.set_source(nullptr);
}

TEST_F(SecretManagerTest, AnUnusableDeliveryKeepsTheContext) {
  const envoy::config::core::v3::ConfigSource sds;
  secrets_.set_source(&source_);
  {
    config::Faults faults;
    ClientTransportConfig config = PlainClient();
    config.validation = secrets_.FindValidation({"ca", &sds}, faults);
    const auto client = MakeClient(std::move(config));
    proto::Secret secret;
    secret.set_name("ca");
    secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string(ca_.pem);
    ASSERT_TRUE(Deliver(secret));
    // A good secret that says nothing of whom to trust: never "everybody".
    secret.mutable_validation_context()->Clear();
    Deliver(secret);
    EXPECT_FALSE(
        Connect(MakeServer({.certificates = {SecretOf(Issue({.dns = {"a.test"}}, nullptr))}}),
                client)
            ->is_established());
  }
  secrets_.set_source(nullptr);
}

class RotationTest : public SecretManagerTest {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/rotationXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory_ + "/" + name) << bytes;
  }
  void WritePair(const std::string& folder, const TestCertificate& certificate) {
    Write(folder + "tls.crt", certificate.pem);
    Write(folder + "tls.key", certificate.key_pem);
  }
  CertificateConfig Files() const {
    return {.chain = BytesSource::File(directory_ + "/tls.crt"),
            .private_key = BytesSource::File(directory_ + "/tls.key")};
  }
  std::shared_ptr<Secret<Certificate>> Make(const CertificateConfig& config) {
    config::Faults faults;
    auto secret = manager_.MakeCertificate(config, faults);
    fault_ = faults.ToString();
    return secret;
  }
  // What happened is told once it has been quiet for a moment.
  void Settle() {
    loop_.RunReady();
    clock_.AdvanceMs(event::FileWatcher::kSettleMs);
    loop_.RunReady();
  }
  ServerFactory ServerOf(std::shared_ptr<Secret<Certificate>> secret) {
    config::Faults faults;
    ServerTransportConfig config;
    config.certificates = {std::move(secret)};
    return CreateServerTransport(std::move(config), manager_, stats_, "listener.a", faults);
  }
  uint64_t rejected() { return counters_->Here().file_update_rejected.value(); }
  uint64_t taken() { return counters_->Here().file_update.value(); }

  std::string directory_;
  test::ManualClock clock_;
  event::Loop loop_{"files", base::kMainThread, clock_};
  SecretManager manager_{loop_, stats_};
  std::shared_ptr<stats::Group<SecretStats>> counters_ = stats_.AddGroup<SecretStats>("secrets");
};

TEST_F(RotationTest, AWrittenFileIsTaken) {
  WritePair("", a_);
  const auto server = ServerOf(Make(Files()));
  EXPECT_EQ(ShownBy(server), "CN=a");
  WritePair("", b_);
  Settle();
  EXPECT_EQ(ShownBy(server), "CN=b");
  EXPECT_EQ(taken(), 1u);
  EXPECT_EQ(rejected(), 0u);
}

TEST_F(RotationTest, ABrokenFileIsNot) {
  WritePair("", a_);
  const auto server = ServerOf(Make(Files()));
  Write("tls.crt", b_.pem);  // and not yet its key
  Settle();
  EXPECT_EQ(rejected(), 1u);
  EXPECT_EQ(ShownBy(server), "CN=a");
  std::filesystem::remove(directory_ + "/tls.crt");
  Settle();
  EXPECT_EQ(rejected(), 2u);
  EXPECT_EQ(ShownBy(server), "CN=a");
  WritePair("", b_);
  Settle();
  EXPECT_EQ(ShownBy(server), "CN=b");
}

TEST_F(RotationTest, OtherFilesOfTheDirectoryAreNoNews) {
  WritePair("", a_);
  const auto server = ServerOf(Make(Files()));
  Write("unrelated", "x");
  WritePair("", a_);
  Settle();
  EXPECT_EQ(taken() + rejected(), 0u);
}

// How Kubernetes updates a mounted secret: files are links into ..data, which is swapped by a
// rename.
TEST_F(RotationTest, ASwappedLinkIsSeen) {
  namespace fs = std::filesystem;
  for (const auto& [folder, certificate] : {std::pair("v1", &a_), {"v2", &b_}}) {
    fs::create_directory(directory_ + "/" + folder);
    WritePair(std::string(folder) + "/", *certificate);
  }
  fs::create_directory_symlink("v1", directory_ + "/..data");
  fs::create_symlink("..data/tls.crt", directory_ + "/tls.crt");
  fs::create_symlink("..data/tls.key", directory_ + "/tls.key");
  const auto server = ServerOf(Make(Files()));
  EXPECT_EQ(ShownBy(server), "CN=a");
  fs::create_directory_symlink("v2", directory_ + "/..data_tmp");
  fs::rename(directory_ + "/..data_tmp", directory_ + "/..data");
  Settle();
  EXPECT_EQ(ShownBy(server), "CN=b");
  EXPECT_EQ(rejected(), 0u);
}

TEST_F(RotationTest, AWatchedDirectoryStandsForTheFiles) {
  namespace fs = std::filesystem;
  fs::create_directory(directory_ + "/elsewhere");
  WritePair("", a_);
  CertificateConfig config = Files();
  config.watched_directory = directory_ + "/elsewhere";
  const auto server = ServerOf(Make(config));
  WritePair("", b_);
  Settle();
  EXPECT_EQ(ShownBy(server), "CN=a") << "not told yet";
  Write("elsewhere/new", "x");
  Settle();
  EXPECT_EQ(ShownBy(server), "CN=b");
  config.watched_directory = directory_ + "/nowhere";
  EXPECT_EQ(Make(config), nullptr);
  EXPECT_THAT(fault_, HasSubstr("/nowhere"));
}

TEST_F(RotationTest, WhoEndsIsNotTold) {
  WritePair("", a_);
  auto server = ServerOf(Make(Files()));
  WritePair("", b_);
  loop_.RunReady();
  server.reset();
  Settle();
  EXPECT_EQ(taken(), 0u);
}

class CertificateListTest : public RotationTest {};

TEST_F(CertificateListTest, ShowsWhatIsInUse) {
  clock_.SetWall(absl::Now());
  WritePair("", a_);
  ServerTransportConfig config;
  config::Faults faults;
  config.certificates = {Make(Files())};
  config.validation = manager_.MakeValidation({.trusted_ca = BytesSource::Inline(ca_.pem)}, faults);
  {
    const auto server =
        CreateServerTransport(std::move(config), manager_, stats_, "listener.a", faults);
    ASSERT_NE(server, nullptr) << faults.ToString();
    loop_.RunReady();
    const auto list = manager_.Certificates();
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].context, "listener.a");
    ASSERT_EQ(list[0].cert_chain.size(), 1u);
    EXPECT_EQ(list[0].cert_chain[0].path, directory_ + "/tls.crt");
    EXPECT_EQ(list[0].cert_chain[0].days_until_expiration, 90);
    ASSERT_EQ(list[0].ca_cert.size(), 1u);
    EXPECT_EQ(list[0].ca_cert[0].path, "<inline>");
    EXPECT_EQ(manager_.FirstCertificateToExpire()->days, 90);
    WritePair("", Issue({.common_name = "soon", .not_after_s = 3 * 86'400 + 60}, &ca_));
    Settle();
    ASSERT_EQ(manager_.Certificates().size(), 1u);
    EXPECT_EQ(manager_.FirstCertificateToExpire()->days, 3);
  }
  loop_.RunReady();
  EXPECT_THAT(manager_.Certificates(), IsEmpty());
  EXPECT_EQ(manager_.FirstCertificateToExpire(), std::nullopt);
}

}  // namespace
}  // namespace weir::tls
