#include "source/routing/path_index.h"

#include <gtest/gtest.h>

#include "test/support/allocation_counter.h"

namespace weir::routing {
namespace {

using Kind = PathPattern::Kind;

PathIndex::Entry Entry(Kind kind, std::string text, std::string name, bool ignores_case = false) {
  PathIndex::Entry entry;
  entry.pattern = {kind, ignores_case, std::move(text)};
  entry.route.name = std::move(name);
  return entry;
}

PathIndex::Entry WithHeader(PathIndex::Entry entry, std::string header) {
  HeaderMatcher matcher;
  matcher.name = std::move(header);
  entry.conditions.headers.push_back(std::move(matcher));
  return entry;
}

template <class... Entries>
PathIndex Index(Entries... entries) {
  std::vector<PathIndex::Entry> list;
  (list.push_back(std::move(entries)), ...);
  return PathIndex(std::move(list));
}

std::string Find(const PathIndex& index, std::string_view path, std::string_view header = {}) {
  base::Arena arena;
  http::RequestHead head(arena);
  head.path = path;
  if (!header.empty()) head.headers.Add(header, "1");
  const Route* route = index.Find(head, 0);
  return route == nullptr ? "none" : route->name;
}

TEST(PathIndexTest, FirstMatchWinsWhateverItsKind) {
  const PathIndex index =
      Index(Entry(Kind::kPrefix, "/a/b", "deep"), Entry(Kind::kPrefix, "/a", "wide"),
            Entry(Kind::kExact, "/a/b/c", "late"), Entry(Kind::kExact, "/x", "exact"),
            Entry(Kind::kPrefix, "/", "rest"));
  EXPECT_EQ(Find(index, "/a/b/c"), "deep");
  EXPECT_EQ(Find(index, "/a/c"), "wide");
  EXPECT_EQ(Find(index, "/x"), "exact");
  EXPECT_EQ(Find(index, "/xy"), "rest");
}

TEST(PathIndexTest, QueryAndFragmentAreNotPath) {
  const PathIndex index = Index(Entry(Kind::kExact, "/x", "x"));
  EXPECT_EQ(Find(index, "/x?a=/y"), "x");
  EXPECT_EQ(Find(index, "/x#f?a"), "x");
  EXPECT_EQ(Find(index, "/x/"), "none");
}

TEST(PathIndexTest, SeparatedPrefix) {
  const PathIndex index = Index(Entry(Kind::kSeparatedPrefix, "/api", "api"));
  EXPECT_EQ(Find(index, "/api"), "api");
  EXPECT_EQ(Find(index, "/api/x"), "api");
  EXPECT_EQ(Find(index, "/api?x"), "api");
  EXPECT_EQ(Find(index, "/apix"), "none");
}

TEST(PathIndexTest, CaseMattersOnlyWhereItIsSaid) {
  const PathIndex index =
      Index(Entry(Kind::kExact, "/A", "exact"), Entry(Kind::kPrefix, "/Folded", "folded", true),
            Entry(Kind::kExact, "/A", "any", true));
  EXPECT_EQ(Find(index, "/A"), "exact");
  EXPECT_EQ(Find(index, "/a"), "any");
  EXPECT_EQ(Find(index, "/FOLDED/x"), "folded");
}

TEST(PathIndexTest, ConditionsLetTheNextCandidateThrough) {
  const PathIndex index =
      Index(WithHeader(Entry(Kind::kPrefix, "/a", "canary"), "x-canary"),
            WithHeader(Entry(Kind::kExact, "/a", "debug"), "x-debug"),
            Entry(Kind::kPrefix, "/a", "stable"), Entry(Kind::kPrefix, "/a", "unreachable"));
  EXPECT_EQ(Find(index, "/a", "x-canary"), "canary");
  EXPECT_EQ(Find(index, "/a", "x-debug"), "debug");
  EXPECT_EQ(Find(index, "/a"), "stable");
}

TEST(PathIndexTest, NoPathMeetsNoRoute) {
  const PathIndex index = Index(Entry(Kind::kPrefix, "", "all"));
  EXPECT_EQ(Find(index, "*"), "all");
  EXPECT_EQ(Find(index, ""), "none");
}

TEST(PathIndexTest, MoreNestedPrefixesThanCursorsInPlace) {
  std::vector<PathIndex::Entry> entries;
  const std::string path = "/" + std::string(100, 'a');
  for (size_t size = path.size(); size > 0; --size) {
    entries.push_back(
        WithHeader(Entry(Kind::kPrefix, path.substr(0, size), std::to_string(size)), "x-none"));
  }
  entries.push_back(Entry(Kind::kPrefix, "/", "last"));
  const PathIndex index(std::move(entries));
  EXPECT_EQ(Find(index, path), "last");
  EXPECT_EQ(Find(index, path, "x-none"), "101");
}

TEST(PathIndexTest, FindAllocatesNothing) {
  std::vector<PathIndex::Entry> entries;
  for (int i = 0; i < 1000; ++i) {
    entries.push_back(Entry(i % 2 == 0 ? Kind::kPrefix : Kind::kExact,
                            "/service/" + std::to_string(i), "r", i % 3 == 0));
  }
  entries.push_back(WithHeader(Entry(Kind::kAny, "", "any"), "x-b"));
  const PathIndex index(std::move(entries));
  base::Arena arena;
  http::RequestHead head(arena);
  head.headers.Add("x-a", "1");
  test::AllocationCounter counter;
  for (const char* path : {"/service/998/x", "/SERVICE/333", "/service/1?q", "/none"}) {
    head.path = path;
    index.Find(head, 0);
  }
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace weir::routing
