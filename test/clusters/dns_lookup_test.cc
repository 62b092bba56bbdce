#include "source/clusters/dns_lookup.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "source/base/thread.h"
#include "test/clusters/fake_resolver.h"
#include "test/support/manual_clock.h"

namespace weir::clusters {
namespace {

using Outcome = DnsLookup::Outcome;

class DnsLookupTest : public testing::Test {
 protected:
  void Start() {
    lookup_.emplace(loop_, resolver_, config_, "web",
                    [this](Outcome outcome) { outcomes_.push_back(outcome); });
    lookup_->Start();
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }
  bool IsAsked() const { return resolver_.IsAsked("web"); }
  // How long until it asks again, up to a limit.
  int64_t Wait(int64_t limit_ms = 100'000) {
    int64_t waited = 0;
    for (; waited < limit_ms && !IsAsked(); ++waited) Advance(1);
    return waited;
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  FakeResolver resolver_;
  upstream::DnsConfig config_;
  std::vector<Outcome> outcomes_;
  std::optional<DnsLookup> lookup_;
};

TEST_F(DnsLookupTest, AsksAgainAfterTheRefreshRate) {
  config_.family = net::DnsFamily::kV4Only;
  Start();
  EXPECT_EQ(resolver_.last_family, net::DnsFamily::kV4Only);
  EXPECT_FALSE(lookup_->is_settled());
  resolver_.Answer("web", {"10.0.0.1", "10.0.0.2"}, 1);
  EXPECT_TRUE(lookup_->is_settled());
  EXPECT_EQ(lookup_->addresses().size(), 2U);
  EXPECT_EQ(outcomes_, (std::vector<Outcome>{Outcome::kAnswered}));
  EXPECT_NEAR(Wait(), 5'000, 1);
}

TEST_F(DnsLookupTest, RespectsTheTtl) {
  config_.respects_ttl = true;
  Start();
  resolver_.Answer("web", {"10.0.0.1"}, 30);
  EXPECT_NEAR(Wait(), 30'000, 1);
  resolver_.Answer("web", {"10.0.0.1"}, 0);
  EXPECT_NEAR(Wait(), 5'000, 1);
}

TEST_F(DnsLookupTest, JitterOnlyAdds) {
  config_.refresh_ms = 100;
  config_.jitter_ms = 50;
  Start();
  int64_t least = INT64_MAX, most = 0;
  for (int i = 0; i < 100; ++i) {
    resolver_.Answer("web", {"10.0.0.1"});
    const int64_t waited = Wait();
    least = std::min(least, waited);
    most = std::max(most, waited);
  }
  EXPECT_GE(least, 99);
  EXPECT_LE(most, 151);
  EXPECT_GT(most - least, 25);
}

TEST_F(DnsLookupTest, FailureKeepsWhatIsKnown) {
  Start();
  resolver_.Answer("web", {"10.0.0.1"});
  Wait();
  resolver_.Fail("web");
  EXPECT_EQ(lookup_->addresses().size(), 1U);
  EXPECT_EQ(outcomes_.back(), Outcome::kFailed);
  EXPECT_NEAR(Wait(), 5'000, 1);
}

TEST_F(DnsLookupTest, FirstFailureSettles) {
  Start();
  resolver_.Fail("web");
  EXPECT_TRUE(lookup_->is_settled());
  EXPECT_TRUE(lookup_->addresses().empty());
}

TEST_F(DnsLookupTest, ANameThatDoesNotExistHasNoAddresses) {
  Start();
  resolver_.Answer("web", {"10.0.0.1"});
  Wait();
  resolver_.Deny("web");
  EXPECT_TRUE(lookup_->addresses().empty());
  EXPECT_EQ(outcomes_.back(), Outcome::kAnswered);
}

TEST_F(DnsLookupTest, BacksOffAfterFailures) {
  config_.failure_base_ms = 100;
  config_.failure_max_ms = 1'000;
  Start();
  const int64_t most[] = {100, 200, 400, 800, 1'000, 1'000};
  for (int64_t limit : most) {
    resolver_.Fail("web");
    const int64_t waited = Wait();
    EXPECT_LE(waited, limit + 1);
    EXPECT_GE(waited, limit / 2 - 1);
  }
  resolver_.Answer("web", {"10.0.0.1"});
  Wait();
  resolver_.Fail("web");
  EXPECT_LE(Wait(), 101) << "an answer starts the series anew";
}

// N33
TEST_F(DnsLookupTest, EndsWithAQueryOut) {
  Start();
  lookup_.reset();
  EXPECT_FALSE(IsAsked());
}

}  // namespace
}  // namespace weir::clusters
