#include "source/server/client_transports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/any.pb.h"
#include "source/tls/secret_manager.h"
#include "test/support/manual_clock.h"

namespace weir::server {
namespace {

using testing::HasSubstr;

class FakeFactory final : public filter::ClientTransportConfigFactory {
 public:
  explicit FakeFactory(std::string& seen) : seen_(seen) {}
  filter::ExtensionId id() const override { return {"fake", "test.Fake"}; }
  std::shared_ptr<const net::ClientTransportFactory> Parse(const google::protobuf::Any&,
                                                           const filter::TransportContext& context,
                                                           config::Faults& faults) const override {
    seen_ = std::string(context.stat_prefix);
    faults.Add("field", "is wrong");
    return nullptr;
  }

 private:
  std::string& seen_;
};

TEST(ClientTransportsTest, AsksTheFactoryOfTheType) {
  test::ManualClock clock;
  event::Loop loop("test", base::kMainThread, clock);
  stats::Store stats;
  tls::SecretManager secrets(loop, stats);
  filter::ExtensionRegistry registry;
  std::string seen;
  registry.Add(std::make_unique<FakeFactory>(seen));
  const ClientTransports transports(registry, loop, stats, secrets);

  config::Faults faults;
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/test.Fake");
  EXPECT_EQ(transports.Parse(any, "cluster.web", faults), nullptr);
  EXPECT_EQ(seen, "cluster.web");
  ASSERT_EQ(faults.faults().size(), 1u);
  EXPECT_EQ(faults.faults()[0].path, "typed_config.field");

  any.set_type_url("type.googleapis.com/test.Other");
  EXPECT_EQ(transports.Parse(any, "cluster.web", faults), nullptr);
  ASSERT_EQ(faults.faults().size(), 2u);
  EXPECT_EQ(faults.faults()[1].path, "typed_config");
  EXPECT_THAT(faults.faults()[1].text, HasSubstr("test.Other"));
}

}  // namespace
}  // namespace weir::server
