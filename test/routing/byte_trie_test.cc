#include "source/routing/byte_trie.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

namespace weir::routing {
namespace {

using Hits = std::vector<std::pair<uint32_t, size_t>>;

template <class Text>
Hits Walk(const ByteTrie& trie, Text text) {
  Hits hits;
  trie.Walk(text, [&](uint32_t value, size_t key_size) { hits.emplace_back(value, key_size); });
  return hits;
}

TEST(ByteTrieTest, EmptyTrieFindsNothing) {
  ByteTrie trie;
  EXPECT_TRUE(trie.empty());
  EXPECT_TRUE(Walk(trie, ForwardText{"abc"}).empty());
}

TEST(ByteTrieTest, VisitsEveryPrefixShortestFirst) {
  ByteTrie trie({{"/api/users", 3}, {"", 0}, {"/api", 2}, {"/", 1}, {"/apple", 4}});
  EXPECT_EQ(Walk(trie, ForwardText{"/api/users/7"}), (Hits{{0, 0}, {1, 1}, {2, 4}, {3, 10}}));
  EXPECT_EQ(Walk(trie, ForwardText{"/app"}), (Hits{{0, 0}, {1, 1}}));
  EXPECT_EQ(Walk(trie, ForwardText{"/apple"}), (Hits{{0, 0}, {1, 1}, {4, 6}}));
  EXPECT_EQ(Walk(trie, ForwardText{""}), (Hits{{0, 0}}));
}

TEST(ByteTrieTest, ReadsBackwardsAndWithoutCase) {
  ByteTrie trie({{"moc.", 0}, {"moc.elpmaxe.", 1}});
  EXPECT_EQ(Walk(trie, FoldedBackwardText{"www.Example.COM"}), (Hits{{0, 4}, {1, 12}}));
  ByteTrie forward({{"abc", 0}});
  EXPECT_EQ(Walk(forward, FoldedText{"ABCD"}), (Hits{{0, 3}}));
  EXPECT_TRUE(Walk(forward, ForwardText{"ABCD"}).empty());
}

TEST(ByteTrieTest, HoldsAllBytes) {
  std::vector<ByteTrie::Entry> entries;
  for (int c = 0; c < 256; ++c) entries.emplace_back(std::string(1, static_cast<char>(c)), c);
  ByteTrie trie(entries);
  for (int c = 0; c < 256; ++c) {
    const std::string text(2, static_cast<char>(c));
    EXPECT_EQ(Walk(trie, ForwardText{text}), (Hits{{c, 1}}));
  }
}

TEST(ByteTrieTest, AgreesWithTryingEveryKey) {
  const auto word = rc::gen::container<std::string>(rc::gen::element('a', 'b', '/'));
  EXPECT_TRUE(rc::check("walk", [&] {
    const auto keys = *rc::gen::container<std::set<std::string>>(word);
    std::vector<ByteTrie::Entry> entries;
    for (const std::string& key : keys) {
      entries.emplace_back(key, static_cast<uint32_t>(entries.size()));
    }
    const std::string text = *word;
    Hits expected;
    for (const auto& [key, value] : entries) {
      if (text.starts_with(key)) expected.emplace_back(value, key.size());
    }
    RC_ASSERT(Walk(ByteTrie(entries), ForwardText{text}) == expected);
  }));
}

}  // namespace
}  // namespace weir::routing
