#include "source/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace weir::base {
namespace {

struct Other;
struct Item : ListNode<Item>, ListNode<Item, Other> {
  explicit Item(int value) : value(value) {}
  bool is_linked() const { return ListNode<Item>::is_linked(); }
  void Unlink() { ListNode<Item>::Unlink(); }
  int value;
};

std::vector<int> Values(IntrusiveList<Item>& list) {
  std::vector<int> values;
  list.ForEach([&](Item& item) { values.push_back(item.value); });
  return values;
}

TEST(IntrusiveListTest, KeepsOrder) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.empty());
  list.PushBack(b);
  list.PushBack(c);
  list.PushFront(a);
  EXPECT_EQ(Values(list), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list.front().value, 1);
  EXPECT_EQ(list.back().value, 3);
  EXPECT_EQ(list.Next(a), &b);
  EXPECT_EQ(list.Next(c), nullptr);
  EXPECT_EQ(list.PopFront().value, 1);
  EXPECT_FALSE(a.is_linked());
  EXPECT_EQ(Values(list), (std::vector<int>{2, 3}));
}

TEST(IntrusiveListTest, DestructionUnlinks) {
  IntrusiveList<Item> list;
  Item a(1), c(3);
  list.PushBack(a);
  {
    Item b(2);
    list.PushBack(b);
    list.PushBack(c);
  }
  EXPECT_EQ(Values(list), (std::vector<int>{1, 3}));
}

TEST(IntrusiveListTest, ListLetsGoOfItsElements) {
  Item a(1);
  {
    IntrusiveList<Item> list;
    list.PushBack(a);
    EXPECT_TRUE(a.is_linked());
  }
  EXPECT_FALSE(a.is_linked());
  a.Unlink();  // harmless
}

TEST(IntrusiveListTest, VisitorMayRemoveItsElement) {
  IntrusiveList<Item> list;
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < 5; ++i) list.PushBack(*items.emplace_back(std::make_unique<Item>(i)));
  list.ForEach([&](Item& item) {
    if (item.value % 2 == 0) items[item.value].reset();
  });
  EXPECT_EQ(Values(list), (std::vector<int>{1, 3}));
}

TEST(IntrusiveListTest, TagsMakeMembershipsIndependent) {
  Item a(1);
  IntrusiveList<Item> list;
  IntrusiveList<Item, Other> other;
  list.PushBack(a);
  other.PushBack(a);
  a.Unlink();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(&other.front(), &a);
}

}  // namespace
}  // namespace weir::base
