#include "source/extensions/network_filters/http_connection_manager/client_certificate.h"

#include <gtest/gtest.h>

#include "test/routing/route_text.h"
#include "test/support/fake_transport.h"

namespace weir::extensions::http_connection_manager {
namespace {

using Mode = ClientCertificateConfig::Mode;

class ClientCertificateFieldTest : public testing::Test {
 protected:
  ClientCertificateFieldTest() {
    peer_.sha256 = "0123abcd";
    peer_.subject = "CN=client,O=\\\"Weir\\\"";
    peer_.uri_sans = {"spiffe://client", "spiffe://second"};
    peer_.dns_sans = {"a.test", "b.test"};
    peer_.pem = "-----BEGIN C-----\nab+/=\n";
    own_.uri_sans = {"spiffe://own"};
  }
  // The field of a request that brought `theirs` (null: none) over a connection of such a client.
  std::string Field(const char* theirs = nullptr, bool has_certificate = true) {
    net::SecureInfo info;
    if (has_certificate) info.peer = std::make_shared<net::CertificateInfo>(peer_);
    info.local = std::make_shared<net::CertificateInfo>(own_);
    info.peer_chain_pem = "chain\n";
    transport_.emplace("", info, true);
    connection_.transport = &*transport_;
    request_ = std::make_unique<test::Request>("GET", "h", "/");
    if (theirs != nullptr) request_->head.headers.Add("x-forwarded-client-cert", theirs);
    field_.Apply(config_, connection_, request_->head.headers);
    return std::string(request_->head.headers.Joined("x-forwarded-client-cert"));
  }

  net::CertificateInfo peer_, own_;
  ClientCertificateConfig config_;
  filter::ConnectionInfo connection_;
  std::optional<test::FakeTransport> transport_;
  std::unique_ptr<test::Request> request_;
  ClientCertificateField field_;
};

TEST_F(ClientCertificateFieldTest, IsRemovedUnlessAskedFor) { EXPECT_EQ(Field("Hash=1"), ""); }

TEST_F(ClientCertificateFieldTest, IsForwardedForWhoHasACertificate) {
  config_.mode = Mode::kForwardOnly;
  EXPECT_EQ(Field("Hash=1"), "Hash=1");
  EXPECT_EQ(Field("Hash=1", false), "");
  config_.mode = Mode::kAlwaysForwardOnly;
  EXPECT_EQ(Field("Hash=1", false), "Hash=1");
}

TEST_F(ClientCertificateFieldTest, IsReplacedByWhatIsKnown) {
  config_.mode = Mode::kSanitizeSet;
  EXPECT_EQ(Field("Hash=1"), "By=spiffe://own;Hash=0123abcd");
  EXPECT_EQ(Field("Hash=1", false), "");
}

TEST_F(ClientCertificateFieldTest, IsAppendedTo) {
  config_.mode = Mode::kAppendForward;
  EXPECT_EQ(Field("Hash=1"), "Hash=1,By=spiffe://own;Hash=0123abcd");
  EXPECT_EQ(Field(), "By=spiffe://own;Hash=0123abcd");
}

TEST_F(ClientCertificateFieldTest, TellsWhatIsAskedForInEnvoysOrder) {
  config_.mode = Mode::kSanitizeSet;
  config_.adds_subject = config_.adds_cert = config_.adds_chain = true;
  config_.adds_dns = config_.adds_uri = true;
  EXPECT_EQ(Field(),
            "By=spiffe://own;Hash=0123abcd;"
            "Cert=\"-----BEGIN%20C-----%0Aab%2B%2F%3D%0A\";Chain=\"chain%0A\";"
            "Subject=\"CN=client,O=\\\"Weir\\\"\";"
            "URI=spiffe://client;URI=spiffe://second;DNS=a.test;DNS=b.test");
}

TEST_F(ClientCertificateFieldTest, KeysStandWithoutAValue) {
  config_.mode = Mode::kSanitizeSet;
  config_.adds_subject = config_.adds_uri = config_.adds_dns = true;
  peer_.subject.clear();
  peer_.uri_sans.clear();
  peer_.dns_sans.clear();
  EXPECT_EQ(Field(), "By=spiffe://own;Hash=0123abcd;Subject=\"\";URI=");
}

// Names are whatever an issuer signed.
TEST_F(ClientCertificateFieldTest, ANameCannotPretendToBeMore) {
  config_.mode = Mode::kSanitizeSet;
  config_.adds_uri = config_.adds_dns = true;
  peer_.uri_sans = {"spiffe://a,Hash=1", "spiffe://b;\"x"};
  peer_.dns_sans = {"a\r\nx-evil: 1"};
  EXPECT_EQ(Field(),
            "By=spiffe://own;Hash=0123abcd;URI=\"spiffe://a,Hash=1\";URI=\"spiffe://b;\\\"x\"");
}

}  // namespace
}  // namespace weir::extensions::http_connection_manager
