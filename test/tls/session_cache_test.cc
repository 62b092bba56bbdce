#include "source/tls/session_cache.h"

#include "gtest/gtest.h"

namespace weir::tls {
namespace {

class SessionCacheTest : public testing::Test {
 protected:
  SessionPtr Session(int version = TLS1_2_VERSION) {
#ifdef OPENSSL_IS_BORINGSSL
    SessionPtr session(SSL_SESSION_new(ctx_.get()));
#else
    SessionPtr session(SSL_SESSION_new());
#endif
    SSL_SESSION_set_protocol_version(session.get(), version);
    return session;
  }
  const SslCtxPtr ctx_{SSL_CTX_new(TLS_method())};
};

TEST_F(SessionCacheTest, KeepsTheNewestOfEachName) {
  SessionCache cache(8);
  EXPECT_EQ(cache.Find("a"), nullptr);
  SessionPtr session = Session();
  SSL_SESSION* const second = session.get();
  cache.Add("a", Session());
  cache.Add("a", std::move(session));
  cache.Add("b", Session());
  EXPECT_EQ(cache.Find("a").get(), second);
  EXPECT_EQ(cache.Find("a").get(), second) << "TLS 1.2 may use one many times";
  EXPECT_EQ(cache.Find("c"), nullptr);
}

TEST_F(SessionCacheTest, OneOfTls13IsUsedOnce) {
  SessionCache cache(8);
  cache.Add("a", Session(TLS1_3_VERSION));
  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(SessionCacheTest, IsBounded) {
  SessionCache cache(2);
  for (const char* key : {"a", "b", "c"}) cache.Add(key, Session());
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_NE(cache.Find("c"), nullptr);
  SessionCache none(0);
  none.Add("a", Session());
  EXPECT_EQ(none.size(), 0u);
}

TEST_F(SessionCacheTest, Forgets) {
  SessionCache cache(8);
  for (const char* key : {"a", "b", "a"}) cache.Add(key, Session());
  cache.Forget("a");
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_NE(cache.Find("b"), nullptr);
}

}  // namespace
}  // namespace weir::tls
