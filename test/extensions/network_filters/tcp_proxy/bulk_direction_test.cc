#include "source/extensions/network_filters/tcp_proxy/bulk_direction.h"

#include <gtest/gtest.h>

#include "test/net/connection_fixture.h"

namespace weir::extensions::tcp_proxy {
namespace {

class Silent final : public net::ConnectionHandler {
 public:
  size_t OnRead(std::string_view bytes) override { return bytes.size(); }
  void OnReadEnd() override {}
  void OnClosed(net::CloseReason) override {}
};

class BulkDirectionTest : public testing::Test {
 protected:
  BulkDirectionTest() {
    const auto [from, client] = net::TcpPair();
    const auto [to, host] = net::TcpPair();
    client_.Adopt(client);
    host_.Adopt(host);
    source_ = std::make_unique<net::Connection>(loop_, from, handler_, net::ConnectionOptions());
    sink_ = std::make_unique<net::Connection>(loop_, to, handler_, net::ConnectionOptions());
    source_->Start();
    sink_->Start();
  }
  void Read(size_t bytes, int times) {
    for (int i = 0; i < times; ++i) direction_.OnRead(bytes);
    direction_.OnFlushed(*source_, *sink_);
  }

  event::Loop loop_{"test", base::kMainThread};
  Silent handler_;
  net::RawPeer client_, host_;
  BulkDirection direction_;
  std::unique_ptr<net::Connection> source_, sink_;
};

TEST_F(BulkDirectionTest, ManyLargeReadsInARowAreBulk) {
  Read(64 * 1024, 3);
  EXPECT_FALSE(direction_.is_pumping());
  Read(64 * 1024, 1);
  EXPECT_TRUE(direction_.is_pumping());
  direction_.Stop();
  EXPECT_FALSE(direction_.is_pumping());
}

TEST_F(BulkDirectionTest, ASmallOneBeginsTheCountAnew) {
  Read(64 * 1024, 3);
  Read(100, 1);
  Read(64 * 1024, 3);
  EXPECT_FALSE(direction_.is_pumping());
  Read(64 * 1024, 1);
  EXPECT_TRUE(direction_.is_pumping());
}

TEST_F(BulkDirectionTest, MayBeImpossibleForNow) {
  sink_->output().Append("waits");
  Read(64 * 1024, 4);
  EXPECT_FALSE(direction_.is_pumping());
  sink_->output().Clear();
  Read(64 * 1024, 4);
  EXPECT_TRUE(direction_.is_pumping());
}

}  // namespace
}  // namespace weir::extensions::tcp_proxy
