#include "source/server/listener_filter_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/listener/v3/listener.pb.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::listener::v3::Listener;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kOriginalDst[] = "envoy.extensions.filters.listener.original_dst.v3.OriginalDst";

class NoConfig final : public filter::ListenerFilterConfig {
 public:
  std::unique_ptr<filter::ListenerFilter> Create() const override { return nullptr; }
};

class NoFilters final : public filter::ListenerFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.listener.original_dst", kOriginalDst};
  }
  std::shared_ptr<const filter::ListenerFilterConfig> Parse(const google::protobuf::Any&,
                                                            const filter::FactoryContext&,
                                                            config::Faults&) const override {
    return std::make_shared<NoConfig>();
  }
};

class ListenerFilterParserTest : public discovery::ResourceFixture {
 protected:
  ListenerConfig Parse(const std::string& text) {
    const filter::FactoryContext context{registry_, loop_, stats_, *clusters_,
                                         *routes_,  node_, "web",  nullptr};
    ListenerConfig config;
    ParseListenerFilters(FromText<Listener>(text), context, config, faults_);
    return config;
  }
  static std::string Filter(const std::string& type) {
    return absl::StrCat(
        "listener_filters { name: \"f\" typed_config { type_url: \"type.googleapis.com/", type,
        "\" } } ");
  }
};

TEST_F(ListenerFilterParserTest, OneThatIsNotThereIsAFault) {
  EXPECT_THAT(Parse(Filter("test.Nothing")).listener_filters, IsEmpty());
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("listener_filters[0]")));
}

TEST_F(ListenerFilterParserTest, HandingOverBringsItsFilterOnce) {
  registry_.Add(std::make_unique<NoFilters>());
  const ListenerConfig alone = Parse("use_original_dst { value: true }");
  EXPECT_TRUE(alone.hands_over);
  EXPECT_EQ(alone.listener_filters.size(), 1u);
  const ListenerConfig both = Parse(Filter(kOriginalDst) + "use_original_dst { value: true }");
  EXPECT_EQ(both.listener_filters.size(), 1u);
  const ListenerConfig neither = Parse("use_original_dst { value: false }");
  EXPECT_FALSE(neither.hands_over);
  EXPECT_THAT(neither.listener_filters, IsEmpty());
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(ListenerFilterParserTest, HandingOverNeedsTheFilterInTheBuild) {
  Parse("use_original_dst { value: true }");
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("use_original_dst")));
}

}  // namespace
}  // namespace weir::server
