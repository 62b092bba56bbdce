// Parts of a ClientHello as a stranger may send them. PartsOf() is under server_context_test.cc.
#include "source/tls/client_hello.h"

#include <rapidcheck.h>

#include "gtest/gtest.h"

namespace weir::tls {
namespace {

std::string Numbers(std::initializer_list<int> numbers) {
  std::string bytes;
  for (const int number : numbers) {
    bytes += static_cast<char>(number >> 8);
    bytes += static_cast<char>(number & 0xff);
  }
  return bytes;
}
std::string Vector16(const std::string& content) {
  return Numbers({static_cast<int>(content.size())}) + content;
}
std::string NameExtension(const std::string& name) {
  return Vector16(std::string(1, '\0') + Vector16(name));
}

std::string NameIn(const std::string& extension) {
  HelloParts parts;
  parts.server_name = extension;
  return ParseOffer(parts, true).server_name;
}

TEST(ClientHelloTest, ReadsTheServerName) {
  EXPECT_EQ(NameIn(NameExtension("A.Test")), "a.test");
  EXPECT_EQ(NameIn(NameExtension("a.test.")), "a.test");
  EXPECT_EQ(ParseOffer({}, true).server_name, "");
}

// M23
TEST(ClientHelloTest, ABadServerNameIsNone) {
  EXPECT_EQ(NameIn(""), "");
  EXPECT_EQ(NameIn(std::string("\0", 1)), "");
  EXPECT_EQ(NameIn(NameExtension("")), "");
  EXPECT_EQ(NameIn(NameExtension(std::string("a\0b", 3))), "");
  EXPECT_EQ(NameIn(NameExtension(std::string(256, 'a'))), "");
  EXPECT_EQ(NameIn(NameExtension("a.test") + "x"), "");
  EXPECT_EQ(NameIn(Vector16("\1" + Vector16("a.test"))), "") << "no host name";
  const std::string one = std::string(1, '\0') + Vector16("a.test");
  EXPECT_EQ(NameIn(Vector16(one + one)), "") << "two names";
}

HelloParts Modern(std::string_view algorithms, std::string_view versions) {
  HelloParts parts;
  parts.signature_algorithms = algorithms;
  parts.supported_versions = versions;
  return parts;
}

TEST(ClientHelloTest, ATls13ClientTakesWhatItCanVerify) {
  const std::string versions = "\x04" + Numbers({0x0304, 0x0303});
  const std::string p256 = Vector16(Numbers({0x0403, 0x0804}));
  const ClientOffer offer = ParseOffer(Modern(p256, versions), true);
  EXPECT_TRUE(offer.Takes(KeyType::kP256));
  EXPECT_TRUE(offer.Takes(KeyType::kRsa));
  EXPECT_FALSE(offer.Takes(KeyType::kP384));
  EXPECT_FALSE(ParseOffer(Modern(p256, versions), false).Takes(KeyType::kP256))
      << "where we speak TLS 1.2 only, its rules hold";
  const std::string only_ecdsa = Vector16(Numbers({0x0503}));
  EXPECT_FALSE(ParseOffer(Modern(only_ecdsa, versions), true).Takes(KeyType::kRsa));
  EXPECT_TRUE(ParseOffer(Modern(only_ecdsa, versions), true).Takes(KeyType::kP384));
}

TEST(ClientHelloTest, ATls12ClientNeedsSuiteAndCurve) {
  const std::string algorithms = Vector16(Numbers({0x0403}));
  const std::string curves = Vector16(Numbers({29, 23}));
  const std::string suites = Numbers({0xc02f, 0xc02b});
  HelloParts parts;
  parts.signature_algorithms = algorithms;
  parts.supported_groups = curves;
  parts.cipher_suites = suites;
  EXPECT_TRUE(ParseOffer(parts, true).takes_p256);
  const std::string rsa_suites = Numbers({0xc02f});
  parts.cipher_suites = rsa_suites;
  EXPECT_FALSE(ParseOffer(parts, true).takes_p256);
  parts.cipher_suites = suites;
  const std::string x25519 = Vector16(Numbers({29}));
  parts.supported_groups = x25519;
  EXPECT_FALSE(ParseOffer(parts, true).takes_p256);
}

TEST(ClientHelloTest, AsksForStaples) {
  const std::string ocsp("\x01\0\0\0\0", 5);
  HelloParts parts;
  EXPECT_FALSE(ParseOffer(parts, true).takes_ocsp);
  parts.status_request = ocsp;
  EXPECT_TRUE(ParseOffer(parts, true).takes_ocsp);
  parts.status_request = std::string_view();
  EXPECT_FALSE(ParseOffer(parts, true).takes_ocsp);
}

TEST(ClientHelloTest, AnyBytesAreRead) {
  EXPECT_TRUE(rc::check("bytes", [](const std::string& a, const std::string& b) {
    HelloParts parts{a, b, a, b, a, b};
    const ClientOffer offer = ParseOffer(parts, true);
    RC_ASSERT(offer.server_name.size() <= 255);
    RC_ASSERT(offer.server_name.find('\0') == std::string::npos);
  }));
}

}  // namespace
}  // namespace weir::tls
