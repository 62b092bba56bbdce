#include "source/tls/certificate_registry.h"

#include "gtest/gtest.h"

namespace weir::tls {
namespace {

ContextCertificates Context(std::string name, int64_t expires_s) {
  ContextCertificates context;
  context.context = std::move(name);
  context.cert_chain.emplace_back().expires_s = expires_s;
  return context;
}

TEST(CertificateRegistryTest, ListsWhatIsRegistered) {
  const auto registry = std::make_shared<CertificateRegistry>();
  auto a = registry->Add(Context("a", 86'400 * 10));
  {
    const auto b = registry->Add(Context("b", 86'400 * 5));
    EXPECT_EQ(registry->List(0).size(), 2u);
  }
  ASSERT_EQ(registry->List(0).size(), 1u);
  EXPECT_EQ(registry->List(0)[0].context, "a");
  a = registry->Add(Context("c", 1));
  ASSERT_EQ(registry->List(0).size(), 1u) << "the one it replaces leaves";
  EXPECT_EQ(registry->List(0)[0].context, "c");
}

TEST(CertificateRegistryTest, CountsWholeDays) {
  const auto registry = std::make_shared<CertificateRegistry>();
  const auto entry = registry->Add(Context("a", 86'400 * 10));
  const auto days = [&](int64_t now_s) {
    return registry->List(now_s)[0].cert_chain[0].days_until_expiration;
  };
  EXPECT_EQ(days(0), 10);
  EXPECT_EQ(days(1), 9);
  EXPECT_EQ(days(86'400 * 9 + 1), 0);
  EXPECT_EQ(days(86'400 * 20), 0) << "past is past";
}

TEST(CertificateRegistryTest, FindsTheFirstToExpire) {
  const auto registry = std::make_shared<CertificateRegistry>();
  EXPECT_EQ(registry->First(0), std::nullopt);
  const auto a = registry->Add(Context("a", 86'400 * 10));
  ContextCertificates trusting;
  trusting.context = "b";
  trusting.ca_cert.emplace_back().expires_s = 86'400 * 4;
  trusting.ca_cert.back().path = "/ca.pem";
  const auto b = registry->Add(std::move(trusting));
  const auto c = registry->Add(Context("c", 86'400 * 7));
  EXPECT_EQ(registry->First(86'400 + 1), (FirstToExpire{"b", "/ca.pem", 86'400 * 4, 2}));
  EXPECT_EQ(registry->First(86'400 * 30)->days, 0) << "past is past";
}

TEST(CertificateRegistryTest, ARegistrationMayOutliveItsOwner) {
  auto registry = std::make_shared<CertificateRegistry>();
  const auto entry = registry->Add(Context("a", 0));
  registry.reset();
}

}  // namespace
}  // namespace weir::tls
