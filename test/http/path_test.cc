#include "source/http/path.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

using Outcome = NormalizedPath::Outcome;

// The new path; "400 detail" or "307 path" when not simply accepted.
std::string Normalize(std::string_view path, const PathOptions& options = {}) {
  base::Arena arena;
  const NormalizedPath result = NormalizePath(path, options, arena);
  switch (result.outcome) {
    case Outcome::kReject:
      return "400 " + std::string(result.detail);
    case Outcome::kRedirect:
      return "307 " + std::string(result.path);
    case Outcome::kAccept:
      break;
  }
  return std::string(result.path);
}

PathOptions With(EscapedSlashAction action) {
  PathOptions options;
  options.escaped_slashes = action;
  return options;
}

TEST(PathTest, OrdinaryPathsAreNotCopied) {
  base::Arena arena;
  for (std::string_view path : {"/", "/a/b.c?d=/../e", "/a;x/b", "*", "", "/a.b/c..d"}) {
    EXPECT_EQ(NormalizePath(path, {}, arena).path.data(), path.data()) << path;
  }
  EXPECT_EQ(arena.reserved_bytes(), 0u);
}

TEST(PathTest, DotSegments) {
  EXPECT_EQ(Normalize("/a/../../etc"), "/etc");  // E25
  EXPECT_EQ(Normalize("/a/%2e%2e/b"), "/b");     // E26
  EXPECT_EQ(Normalize("/a/%2E/b"), "/a/b");
  EXPECT_EQ(Normalize("/a/./b/."), "/a/b/");
  EXPECT_EQ(Normalize("/a/b/.."), "/a/");
  EXPECT_EQ(Normalize("/.."), "/");
  EXPECT_EQ(Normalize("/."), "/");
  EXPECT_EQ(Normalize("/a/.../b/.c"), "/a/.../b/.c");
  EXPECT_EQ(Normalize("/a//../b"), "/a/b");
  EXPECT_EQ(Normalize("/a/..?q=/../x"), "/?q=/../x");
}

TEST(PathTest, AboveTheRoot) {  // E25
  PathOptions options;
  options.reject_above_root = true;
  EXPECT_EQ(Normalize("/a/../../etc", options), "400 path.above_root");
  EXPECT_EQ(Normalize("/..", options), "400 path.above_root");
  EXPECT_EQ(Normalize("/a/../b", options), "/b");
}

TEST(PathTest, ParametersOfDotSegments) {  // E28, E29
  EXPECT_EQ(Normalize("/a/..;/b"), "/b");
  EXPECT_EQ(Normalize("/a/.;x/b"), "/a/b");
  EXPECT_EQ(Normalize("/a/%2e.;x=y;z/b"), "/b");
  EXPECT_EQ(Normalize("/a/..;x"), "/");
  EXPECT_EQ(Normalize("/admin;x=y/action"), "/admin;x=y/action");
}

TEST(PathTest, Slashes) {  // E30
  EXPECT_EQ(Normalize("//a///b"), "/a/b");
  EXPECT_EQ(Normalize("//?a//b"), "/?a//b");
  PathOptions options;
  options.merge_slashes = false;
  EXPECT_EQ(Normalize("//a///b", options), "//a///b");
}

TEST(PathTest, EscapedSlashes) {  // E27
  for (const char* path : {"/a%2fb", "/a%2Fb", "/a%5cb"}) {
    EXPECT_EQ(Normalize(path), "400 path.escaped_slash");
    EXPECT_EQ(Normalize(path, With(EscapedSlashAction::kUnescape)), "/a/b");
    EXPECT_EQ(Normalize(path, With(EscapedSlashAction::kRedirect)), "307 /a/b");
  }
  EXPECT_EQ(Normalize("/a%2fb", With(EscapedSlashAction::kKeep)), "/a%2Fb");
  EXPECT_EQ(Normalize("/a/..%2fb", With(EscapedSlashAction::kUnescape)), "/b");
  EXPECT_EQ(Normalize("/a/..%2fb", With(EscapedSlashAction::kKeep)), "/a/..%2Fb");
  EXPECT_EQ(Normalize("/a/../b", With(EscapedSlashAction::kRedirect)), "/b");
  EXPECT_EQ(Normalize("/a?%2f"), "/a?%2f");
}

TEST(PathTest, Refused) {
  EXPECT_EQ(Normalize("/a%00"), "400 path.escaped_control");      // E22
  EXPECT_EQ(Normalize("/a%0d%0ab"), "400 path.escaped_control");  // E22
  EXPECT_EQ(Normalize("/a\\b"), "400 path.backslash");            // E24
  EXPECT_EQ(Normalize("/a#b"), "400 path.fragment");              // E20
  EXPECT_EQ(Normalize("/a?b#c"), "400 path.fragment");
  EXPECT_EQ(Normalize("/%u002f"), "400 path.invalid_escape");  // E23
  EXPECT_EQ(Normalize("/%"), "400 path.invalid_escape");
  EXPECT_EQ(Normalize("/%%32e/"), "400 path.invalid_escape");
}

TEST(PathTest, BackslashesBecomeSlashesWhenAllowed) {  // E24
  PathOptions options;
  options.reject_backslash = false;
  EXPECT_EQ(Normalize("/a\\..\\b", options), "/b");
}

TEST(PathTest, EncodingsThatMeanSomethingStay) {
  EXPECT_EQ(Normalize("/%41%7e%3b%25"), "/A~%3B%25");
  EXPECT_EQ(Normalize("/%c0%af"), "/%C0%AF");  // E23: never a slash
  EXPECT_EQ(Normalize("/%252e%252e/a"), "/%252e%252e/a");
}

TEST(PathTest, WithoutNormalizing) {
  PathOptions options = With(EscapedSlashAction::kKeep);
  options.normalize = false;
  options.merge_slashes = false;
  EXPECT_EQ(Normalize("/a/../%41//%zz/%c0", options), "/a/../%41//%zz/%c0");
  EXPECT_EQ(Normalize("/%00", options), "400 path.escaped_control");
}

TEST(PathTest, ResultIsCanonicalAndStable) {
  EXPECT_TRUE(rc::check("normalising twice is normalising once", [] {
    const std::vector<std::string> parts = {"/",   "/",   ".",   "..",  "a",   "%2e", "%2F",
                                            "%5c", "%25", "%41", "%c0", ";x",  "?",   "\\",
                                            "%",   "2",   "e",   "f",   "%3b", "%00", "%252e"};
    std::string path = "/";
    const int count = *rc::gen::inRange(0, 14);
    for (int i = 0; i < count; ++i) path += *rc::gen::elementOf(parts);
    PathOptions options;
    options.escaped_slashes = static_cast<EscapedSlashAction>(*rc::gen::inRange(0, 4));
    options.merge_slashes = *rc::gen::arbitrary<bool>();
    options.reject_backslash = *rc::gen::arbitrary<bool>();
    base::Arena arena;
    const NormalizedPath once = NormalizePath(path, options, arena);
    if (once.outcome == Outcome::kReject) return;
    const NormalizedPath twice = NormalizePath(once.path, options, arena);
    RC_ASSERT(twice.outcome == Outcome::kAccept);
    RC_ASSERT(twice.path == once.path);

    const std::string plain(once.path.substr(0, once.path.find('?')));
    RC_ASSERT(plain.front() == '/');
    RC_ASSERT((plain + "/").find("/../") == std::string::npos);
    RC_ASSERT((plain + "/").find("/./") == std::string::npos);
    if (options.merge_slashes) RC_ASSERT(plain.find("//") == std::string::npos);
    const size_t query = path.find('?');
    if (query != std::string::npos) RC_ASSERT(once.path.ends_with(path.substr(query)));
  }));
}

}  // namespace
}  // namespace weir::http
