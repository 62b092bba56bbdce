#include "source/xds/named_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "source/base/strings.h"

namespace weir::xds {
namespace {

using testing::ElementsAre;

// Writes down what is asked of it.
class JournalSource final : public ResourceSource {
 public:
  std::unique_ptr<Subscription> Subscribe(ResourceType type, const SubscriptionOptions&,
                                          ResourceSink& heard_by) override {
    journal.push_back("subscribe " + type.stats_prefix);
    sink = &heard_by;
    return std::make_unique<Handle>(*this);
  }
  std::vector<std::string> journal;
  ResourceSink* sink = nullptr;

 private:
  struct Handle final : Subscription {
    explicit Handle(JournalSource& source) : journal(source.journal) {}
    void AddAll() override { journal.push_back("all"); }
    void Add(std::string_view name, int64_t timeout_ms) override {
      journal.push_back(base::StrCat("+", name, " ", timeout_ms));
    }
    using Subscription::Add;
    void Remove(std::string_view name) override { journal.push_back(base::StrCat("-", name)); }
    std::vector<std::string>& journal;
  };
};

class NamedResourcesTest : public testing::Test, protected NamedResourceSink {
 protected:
  std::vector<Refusal> OnUpdate(ResourceSource& source, const Update& update) override {
    for (const Resource& resource : update.changed) {
      heard_.push_back(base::StrCat(&source == &one_ ? "one " : "two ", resource.name));
    }
    return {{"bad", "is wrong"}};
  }
  bool IsDone(const ResourceSource& source) const override { return &source != &two_; }
  std::vector<Refusal> Continue(ResourceSource& source) override {
    heard_.push_back(&source == &one_ ? "one goes on" : "two goes on");
    return {{"bad", "is late"}};
  }
  void OnFetchTimeout(ResourceSource& source, absl::Span<const std::string> names) override {
    for (const std::string& name : names) {
      heard_.push_back(base::StrCat(&source == &one_ ? "one" : "two", " no ", name));
    }
  }

  JournalSource one_, two_;
  const ResourceOrigin at_one_{&one_, 1'000}, later_at_one_{&one_, 0}, at_two_{&two_, 2'000};
  std::vector<std::string> heard_;
  NamedResources resources_{{.type_url = "t", .stats_prefix = "eds"}, *this};
};

TEST_F(NamedResourcesTest, ANameIsAskedForWhileAnybodyWantsIt) {
  resources_.Add(at_one_, "a");
  resources_.Add(later_at_one_, "a");
  EXPECT_THAT(one_.journal, ElementsAre("subscribe eds", "+a 1000"));
  EXPECT_FALSE(resources_.Remove(at_one_, "a"));
  EXPECT_TRUE(resources_.Remove(later_at_one_, "a"));
  EXPECT_FALSE(resources_.Remove(at_one_, "a")) << "was gone already";
  EXPECT_THAT(one_.journal, ElementsAre("subscribe eds", "+a 1000", "-a"));
}

TEST_F(NamedResourcesTest, EachSourceByItself) {
  resources_.Open(one_);
  EXPECT_THAT(one_.journal, ElementsAre("subscribe eds"));
  resources_.Add(at_one_, "a");
  resources_.Add(at_two_, "a");
  EXPECT_THAT(two_.journal, ElementsAre("subscribe eds", "+a 2000"));
  const Resource resource{"a", base::SharedText("1"), nullptr};
  Update update;
  update.changed = absl::MakeConstSpan(&resource, 1);
  EXPECT_EQ(two_.sink->OnUpdate(update).front().text, "is wrong");
  const std::vector<std::string> names{"a"};
  one_.sink->OnFetchTimeout(names);
  EXPECT_THAT(heard_, ElementsAre("two a", "one no a"));
  EXPECT_TRUE(resources_.Remove(at_one_, "a"));
  EXPECT_THAT(two_.journal, ElementsAre("subscribe eds", "+a 2000")) << "of no concern";
  EXPECT_TRUE(one_.sink->IsDone());
  EXPECT_FALSE(two_.sink->IsDone());
  EXPECT_EQ(two_.sink->Continue().front().text, "is late");
  EXPECT_EQ(heard_.back(), "two goes on");
}

}  // namespace
}  // namespace weir::xds
