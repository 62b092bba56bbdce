#include "source/tls/ticket_keys.h"

#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/support/manual_clock.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

std::string_view NameOf(const TicketKey& key) {
  return {reinterpret_cast<const char*>(key.name), sizeof(key.name)};
}

std::shared_ptr<const TicketKeys> Load(std::vector<std::string> keys,
                                       std::string* fault = nullptr) {
  TicketKeysConfig config;
  for (auto& key : keys) config.keys.push_back(BytesSource::Inline(std::move(key)));
  config::Faults faults;
  auto loaded = TicketKeys::Load(config, faults);
  EXPECT_EQ(loaded == nullptr, !faults.ok());
  if (fault != nullptr) *fault = faults.ToString();
  return loaded;
}

TEST(TicketKeysTest, AKeyIsNameHmacAes) {
  const std::string bytes = std::string(16, 'n') + std::string(32, 'h') + std::string(32, 'a');
  const auto keys = Load({bytes});
  ASSERT_NE(keys, nullptr);
  EXPECT_EQ(NameOf(keys->keys()[0]), std::string(16, 'n'));
  EXPECT_EQ(keys->keys()[0].hmac_key[31], 'h');
  EXPECT_EQ(keys->keys()[0].aes_key[31], 'a');
}

TEST(TicketKeysTest, HasEightyBytes) {
  std::string fault;
  EXPECT_EQ(Load({std::string(80, 'k'), std::string(48, 'k')}, &fault), nullptr);
  EXPECT_THAT(fault, HasSubstr("keys[1]: has 48 bytes"));
}

TEST(TicketKeyRingTest, GivenKeysDecryptAndTheFirstEncrypts) {
  TicketKeyRing ring(Load({std::string(80, 'a'), std::string(80, 'b')}));
  EXPECT_EQ(NameOf(ring.ForEncryption()), std::string(16, 'a'));
  EXPECT_TRUE(ring.ForDecryption(std::string(16, 'a'))->is_newest);
  EXPECT_FALSE(ring.ForDecryption(std::string(16, 'b'))->is_newest);
  EXPECT_FALSE(ring.ForDecryption(std::string(16, 'c')).has_value());
  EXPECT_FALSE(ring.ForDecryption("a").has_value());
}

// M07: an old key is good for one period more, then a ticket means a full handshake.
TEST(TicketKeyRingTest, OwnKeysRotate) {
  test::ManualClock clock;
  TicketKeyRing ring(clock);
  const TicketKey first = ring.ForEncryption();
  EXPECT_EQ(NameOf(ring.ForEncryption()), NameOf(first));
  clock.Advance(TicketKeyRing::kPeriod);
  const TicketKey second = ring.ForEncryption();
  EXPECT_NE(NameOf(second), NameOf(first));
  ASSERT_TRUE(ring.ForDecryption(NameOf(first)).has_value());
  EXPECT_FALSE(ring.ForDecryption(NameOf(first))->is_newest);
  clock.Advance(TicketKeyRing::kPeriod);
  EXPECT_FALSE(ring.ForDecryption(NameOf(first)).has_value());
  EXPECT_TRUE(ring.ForDecryption(NameOf(second)).has_value());
}

TEST(TicketKeyRingTest, AfterALongSilenceNoOldKeyIsLeft) {
  test::ManualClock clock;
  TicketKeyRing ring(clock);
  const TicketKey first = ring.ForEncryption();
  clock.Advance(3 * TicketKeyRing::kPeriod);
  EXPECT_FALSE(ring.ForDecryption(NameOf(first)).has_value());
}

TEST(TicketKeyRingTest, NoTwoRingsShareAKey) {
  test::ManualClock clock;
  TicketKeyRing a(clock);
  TicketKeyRing b(clock);
  EXPECT_NE(NameOf(a.ForEncryption()), NameOf(b.ForEncryption()));
}

}  // namespace
}  // namespace weir::tls
