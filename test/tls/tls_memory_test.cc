// What an idle TLS connection holds: the library's session, and no buffer of ours.
#include <malloc.h>

#include "source/tls/tls_library.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(WEIR_SANITIZE_THREAD)
constexpr bool kCountsBytes = false;  // the sanitizer's allocator adds its own
#else
constexpr bool kCountsBytes = true;
#endif

// With net::Connection and its owner, 15 KiB is the promise for the library we ship with.
#if defined(OPENSSL_IS_BORINGSSL)
constexpr size_t kMaxBytes = 13 * 1024;
#else
constexpr size_t kMaxBytes = 14 * 1024;
#endif

class TlsMemoryTest : public TlsFixture {};

size_t HeapBytes() { return mallinfo2().uordblks; }

// M32
TEST_F(TlsMemoryTest, AnIdleServerConnectionIsSmall) {
  const auto server = MakeServer(PlainServer());
  const auto client = MakeClient(PlainClient());
  constexpr int kCount = 50;
  std::vector<std::unique_ptr<TlsPair>> pairs;
  for (int i = 0; i < kCount + 1; ++i) {
    pairs.push_back(Connect(server, client));
    // Traffic in both directions, more than a record, and then nothing.
    TlsPair& pair = *pairs.back();
    ASSERT_TRUE(pair.is_established());
    pair.client.Write(std::string(20'000, 'q'));
    pair.server.Write(std::string(20'000, 'r'));
    pair.Run();
    pair.client.received = pair.server.received = {};
  }
  const size_t before = HeapBytes();
  // All but one, so that what is shared stays.
  for (int i = 0; i < kCount; ++i) pairs[static_cast<size_t>(i)]->server.socket.reset();
  const size_t bytes = (before - HeapBytes()) / kCount;
  RecordProperty("bytes_per_idle_server_connection", static_cast<int>(bytes));
  printf("an idle TLS connection: %zu bytes of heap\n", bytes);
  if (!kCountsBytes) return;
  EXPECT_LE(bytes, kMaxBytes);
}

}  // namespace
}  // namespace weir::tls
