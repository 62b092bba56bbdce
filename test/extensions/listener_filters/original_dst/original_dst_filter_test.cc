#include "source/extensions/listener_filters/original_dst/original_dst_filter.h"

#include <gtest/gtest.h>

namespace weir::extensions::original_dst {
namespace {

using Verdict = filter::ListenerFilter::Verdict;

const net::Address kLocal = *net::Address::ParseIp("127.0.0.1", 15001);
const net::Address kOriginal = *net::Address::ParseIp("10.1.2.3", 443);

filter::AcceptedSocket Accept(OriginalDstFilter::Lookup lookup) {
  filter::AcceptedSocket socket;
  socket.local = kLocal;
  OriginalDstFilter filter(lookup);
  EXPECT_EQ(filter.OnAccept(socket), Verdict::kContinue);
  return socket;
}

TEST(OriginalDstFilterTest, TheOriginalDestinationBecomesTheLocalAddress) {
  const filter::AcceptedSocket socket = Accept([](int, const net::Address& local) {
    EXPECT_EQ(local, kLocal);
    return kOriginal;
  });
  EXPECT_EQ(socket.local, kOriginal);
  EXPECT_TRUE(socket.is_redirected);
}

TEST(OriginalDstFilterTest, OneThatWasNotRedirectedStaysAsItIs) {
  const filter::AcceptedSocket socket =
      Accept([](int, const net::Address&) { return net::Address(); });
  EXPECT_EQ(socket.local, kLocal);
  EXPECT_FALSE(socket.is_redirected);
}

TEST(OriginalDstFilterTest, ReadsNothing) {
  OriginalDstFilter filter([](int, const net::Address&) { return net::Address(); });
  filter::AcceptedSocket socket;
  size_t consume = 1;
  EXPECT_EQ(filter.max_peek_bytes(), 0u);
  EXPECT_EQ(filter.OnPeek(socket, "GET", consume), Verdict::kContinue);
  EXPECT_EQ(consume, 0u);
}

}  // namespace
}  // namespace weir::extensions::original_dst
