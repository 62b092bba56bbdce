#include "source/routing/redirect.h"

#include <gtest/gtest.h>

#include "source/routing/path_rewrite.h"

namespace weir::routing {
namespace {

std::string Location(const RedirectAction& redirect, std::string_view authority,
                     std::string_view path, std::string_view scheme = "http") {
  base::Arena arena;
  http::RequestHead head(arena);
  head.scheme = scheme;
  head.authority = authority;
  head.path = path;
  return std::string(RedirectLocation(redirect, head, arena));
}

TEST(RedirectTest, ToHttps) {
  const RedirectAction redirect{.scheme = "https"};
  EXPECT_EQ(Location(redirect, "a.com", "/x?q"), "https://a.com/x?q");
  // Port 80 was http's; any other may serve both.
  EXPECT_EQ(Location(redirect, "a.com:80", "/"), "https://a.com/");
  EXPECT_EQ(Location(redirect, "[::1]:80", "/"), "https://[::1]/");
  EXPECT_EQ(Location(redirect, "a.com:8080", "/"), "https://a.com:8080/");
  EXPECT_EQ(Location(redirect, "a.com:443", "/", "https"), "https://a.com:443/");
}

TEST(RedirectTest, HostAndPort) {
  EXPECT_EQ(Location({.host = "b.com"}, "a.com:81", "/"), "http://b.com/");
  EXPECT_EQ(Location({.port = 8443}, "a.com:81", "/"), "http://a.com:8443/");
  EXPECT_EQ(Location({.scheme = "https", .host = "b.com", .port = 8443}, "[::1]", "/"),
            "https://b.com:8443/");
  EXPECT_EQ(Location({.port = 8443}, "[::1]", "/"), "http://[::1]:8443/");
}

TEST(RedirectTest, Path) {
  EXPECT_EQ(Location({.path = "/new"}, "a", "/old?q"), "http://a/new?q");
  EXPECT_EQ(Location({.path = "/new?own"}, "a", "/old?q"), "http://a/new?own");
  EXPECT_EQ(Location({.path = "/new?own", .strip_query = true}, "a", "/old?q"), "http://a/new?own");
  EXPECT_EQ(Location({.path = "/new", .strip_query = true}, "a", "/old?q"), "http://a/new");
  EXPECT_EQ(Location({.strip_query = true}, "a", "/old?q"), "http://a/old");
}

TEST(RedirectTest, PathRewrite) {
  RedirectAction redirect;
  redirect.path_rewrite =
      std::make_shared<PathRewrite>(PathRewrite{.matched_bytes = 4, .replacement = "/new"});
  EXPECT_EQ(Location(redirect, "a", "/old/x?q"), "http://a/new/x?q");
  redirect.strip_query = true;
  EXPECT_EQ(Location(redirect, "a", "/old/x?q"), "http://a/new/x");
}

}  // namespace
}  // namespace weir::routing
