#include "source/extensions/network_filters/tcp_proxy/last_bytes.h"

#include <gtest/gtest.h>

#include "test/net/connection_fixture.h"

namespace weir::extensions::tcp_proxy {
namespace {

struct Lease final : upstream::ConnectionRequester::Lease {
  explicit Lease(bool& flag) : is_released(flag) {}
  ~Lease() override { is_released = true; }
  bool& is_released;
};

class LastBytesTest : public net::ConnectionFixture {
 protected:
  bool is_released_ = false;
};

TEST_F(LastBytesTest, AreWrittenBeforeTheConnectionAndItsPlaceAreGivenBack) {
  OpenAndStart();
  const size_t size = 8 * 1024 * 1024;
  connection_->output().Append(std::string(size, 'x'));
  LastBytes::Deliver(std::move(connection_), std::make_unique<Lease>(is_released_));
  Turn(3);
  EXPECT_FALSE(is_released_);
  size_t received = 0;
  EXPECT_TRUE(TurnUntil([&] {
    received += peer_.Receive().size();
    return received == size;
  }));
  peer_.Send("nobody hears this");
  Turn(3);
  peer_.Close();
  Turn(3);
  EXPECT_TRUE(is_released_);
}

TEST_F(LastBytesTest, APeerThatGoesAwayEndsThem) {
  OpenAndStart();
  connection_->output().Append(std::string(8 * 1024 * 1024, 'x'));
  LastBytes::Deliver(std::move(connection_), std::make_unique<Lease>(is_released_));
  Turn();
  peer_.Reset();
  EXPECT_TRUE(TurnUntil([&] { return is_released_; }));
}

TEST_F(LastBytesTest, APeerThatNeverReadsIsGivenUpOn) {
  OpenAndStart();
  connection_->output().Append(std::string(8 * 1024 * 1024, 'x'));
  LastBytes::Deliver(std::move(connection_), std::make_unique<Lease>(is_released_));
  Turn(20);
  Advance(60'000);
  EXPECT_TRUE(is_released_);
}

}  // namespace
}  // namespace weir::extensions::tcp_proxy
