#include "source/filter/registry.h"

#include <gtest/gtest.h>

#include "google/protobuf/any.pb.h"

namespace weir::filter {
namespace {

class FakeFactory final : public HttpFilterFactory {
 public:
  FakeFactory(std::string_view name, std::string_view type) : name_(name), type_(type) {}
  ExtensionId id() const override { return {name_, type_}; }
  std::shared_ptr<const HttpFilterConfig> Parse(const google::protobuf::Any&, const FactoryContext&,
                                                config::Faults&) const override {
    return nullptr;
  }

 private:
  const std::string_view name_, type_;
};

google::protobuf::Any AnyOf(const char* type) {
  google::protobuf::Any any;
  any.set_type_url(std::string("type.googleapis.com/") + type);
  return any;
}

class ExtensionRegistryTest : public testing::Test {
 protected:
  ExtensionRegistryTest() {
    registry_.Add(std::make_unique<FakeFactory>("weir.filters.http.tag", "weir.Tag"));
    registry_.Add(std::make_unique<FakeFactory>("weir.filters.http.cors", "weir.Cors"));
  }
  ExtensionRegistry registry_;
  config::Faults faults_;
};

TEST_F(ExtensionRegistryTest, FindsByType) {
  const HttpFilterFactory* found = registry_.FindHttpFilter(AnyOf("weir.Tag"), faults_);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id().name, "weir.filters.http.tag");
  EXPECT_TRUE(faults_.ok());
}

TEST_F(ExtensionRegistryTest, UnknownTypeListsWhatThereIs) {
  EXPECT_EQ(registry_.FindHttpFilter(AnyOf("weir.Lua"), faults_), nullptr);
  ASSERT_EQ(faults_.faults().size(), 1u);
  EXPECT_EQ(faults_.faults()[0].path, "typed_config");
  EXPECT_EQ(faults_.faults()[0].text,
            "this build has no HTTP filter of type \"type.googleapis.com/weir.Lua\"; it has "
            "weir.filters.http.cors, weir.filters.http.tag");
}

TEST_F(ExtensionRegistryTest, MissingTypedConfigSaysSo) {
  EXPECT_EQ(registry_.FindHttpFilter({}, faults_), nullptr);
  ASSERT_EQ(faults_.faults().size(), 1u);
  EXPECT_EQ(faults_.faults()[0].text, "is required: it names the HTTP filter by its type");
}

TEST_F(ExtensionRegistryTest, FindsByNameForRouteSettings) {
  EXPECT_NE(registry_.FindHttpFilterByName("weir.filters.http.cors"), nullptr);
  EXPECT_EQ(registry_.FindHttpFilterByName("nobody"), nullptr);
}

TEST_F(ExtensionRegistryTest, RouteSettingsAreRefusedUnlessTheFilterHasSome) {
  const HttpFilterFactory* found = registry_.FindHttpFilterByName("weir.filters.http.tag");
  EXPECT_EQ(found->ParseRouteConfig({}, faults_), nullptr);
  ASSERT_EQ(faults_.faults().size(), 1u);
  EXPECT_EQ(faults_.faults()[0].text, "weir.filters.http.tag has no settings per route");
}

TEST_F(ExtensionRegistryTest, NamesAreSortedByCategory) {
  EXPECT_EQ(registry_.Names(), (std::vector<std::string>{"http_filters: weir.filters.http.cors",
                                                         "http_filters: weir.filters.http.tag"}));
}

}  // namespace
}  // namespace weir::filter
