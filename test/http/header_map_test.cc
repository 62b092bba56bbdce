#include "source/http/header_map.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "test/support/allocation_counter.h"

namespace weir::http {
namespace {

using Model = std::vector<std::pair<std::string, std::string>>;

Model ToModel(const HeaderMap& map) {
  Model model;
  for (const Header& field : map) {
    model.emplace_back(field.name, field.value);
    EXPECT_EQ(field.id, FindHeaderId(field.name));
  }
  return model;
}

TEST(HeaderMapTest, KeepsOrderAndDuplicates) {
  base::Arena arena;
  HeaderMap map(arena);
  map.Add("b", "1");
  map.Add(HeaderId::kSetCookie, "x");
  map.Add("a", "2");
  map.Add("set-cookie", "y");
  EXPECT_EQ(ToModel(map),
            (Model{{"b", "1"}, {"set-cookie", "x"}, {"a", "2"}, {"set-cookie", "y"}}));
  EXPECT_EQ(map.Value(HeaderId::kSetCookie), "x");
  EXPECT_EQ(map.Joined("set-cookie"), "x, y");
  EXPECT_EQ(map.Joined("a"), "2");
  EXPECT_EQ(map.Joined("c"), "");
  EXPECT_EQ(map.charged_bytes(), 1u + 1 + 10 + 1 + 1 + 1 + 10 + 1 + 4 * 32);
}

TEST(HeaderMapTest, CopiesOutliveTheirSource) {
  base::Arena arena;
  HeaderMap map(arena);
  std::string name = "x-name";
  std::string value = "value";
  map.AddCopy(name, value);
  map.AddCopy(HeaderId::kServer, value);
  name = "??????";
  value = "?????";
  EXPECT_EQ(ToModel(map), (Model{{"x-name", "value"}, {"server", "value"}}));
}

TEST(HeaderMapTest, SetsFromItsOwnValues) {
  base::Arena arena;
  HeaderMap map(arena);
  map.Add("x-a", "1");
  map.Add("x-a", "2");
  map.Set("x-a", map.Value("x-a"));
  EXPECT_EQ(ToModel(map), (Model{{"x-a", "1"}}));
  map.Set(map.Find("x-a")->name, "3");
  EXPECT_EQ(ToModel(map), (Model{{"x-a", "3"}}));
}

TEST(HeaderMapTest, FindsByNameOnlyWhatWasAdded) {
  base::Arena arena;
  HeaderMap map(arena);
  EXPECT_FALSE(map.Has(HeaderId::kVia));
  EXPECT_EQ(map.Find("x-a"), nullptr);
  map.Add("x-b", "1");
  EXPECT_EQ(map.Find("x-a"), nullptr);
  map.Add(HeaderId::kVia, "1.1 a");
  EXPECT_TRUE(map.Has(HeaderId::kVia));
  EXPECT_EQ(map.Find("via")->value, "1.1 a");
  EXPECT_EQ(map.Remove("via"), 1u);
  EXPECT_FALSE(map.Has(HeaderId::kVia));
  EXPECT_EQ(map.Remove(HeaderId::kVia), 0u);
}

TEST(HeaderMapTest, ClearForgetsTheArena) {
  base::Arena arena;
  HeaderMap map(arena);
  for (int i = 0; i < 100; ++i) map.AddCopy("x-a", "b");
  arena.Reset();
  map.Clear();
  EXPECT_TRUE(map.empty());
  map.AddCopy("x-c", "d");
  EXPECT_EQ(ToModel(map), (Model{{"x-c", "d"}}));
}

TEST(HeaderMapTest, AllocatesNothingButArena) {
  base::Arena arena;
  {
    HeaderMap warm(arena);
    warm.Add("x-a", "b");
    arena.Reset();
  }
  const test::AllocationCounter counter;
  HeaderMap map(arena);
  map.Reserve(5);
  for (int i = 0; i < 30; ++i) map.Add("x-a", "b");
  EXPECT_EQ(counter.count(), 0);
}

TEST(HeaderMapTest, BehavesLikeAListOfPairs) {
  EXPECT_TRUE(rc::check("a map does what a list of pairs does", [] {
    const std::vector<std::string> names = {"host", "x-a", "x-b", "via", "cookie"};
    base::Arena arena;
    HeaderMap map(arena);
    Model model;
    const auto erase = [&model](const std::string& name) {
      return std::erase_if(model, [&](const auto& field) { return field.first == name; });
    };
    const auto set = [&](const std::string& name, const std::string& value) {
      auto found = std::find_if(model.begin(), model.end(),
                                [&](const auto& field) { return field.first == name; });
      const auto at = found - model.begin();
      if (erase(name) == 0) return model.emplace_back(name, value), void();
      model.emplace(model.begin() + at, name, value);
    };
    const int steps = *rc::gen::inRange(0, 60);
    for (int i = 0; i < steps; ++i) {
      const std::string name = *rc::gen::elementOf(names);
      const std::string value = std::to_string(i);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1:
          map.AddCopy(name, value);
          model.emplace_back(name, value);
          break;
        case 2:
          map.Set(name, value);
          set(name, value);
          break;
        case 3:
          RC_ASSERT(map.Remove(name) == erase(name));
          break;
      }
      RC_ASSERT(ToModel(map) == model);
      for (const std::string& each : names) {
        const auto found = std::find_if(model.begin(), model.end(),
                                        [&](const auto& field) { return field.first == each; });
        RC_ASSERT((map.Find(each) != nullptr) == (found != model.end()));
        if (found != model.end()) RC_ASSERT(map.Value(each) == found->second);
        const HeaderId id = FindHeaderId(each);
        if (id != HeaderId::kOther) RC_ASSERT(map.Has(id) == (found != model.end()));
      }
    }
  }));
}

}  // namespace
}  // namespace weir::http
