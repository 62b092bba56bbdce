#include "source/extensions/http_filters/grpc_web/grpc_web_config.h"

#include "envoy/extensions/filters/http/grpc_web/v3/grpc_web.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::grpc_web {
namespace {

using GrpcWebConfigTest = test::FactoryFixture;

TEST_F(GrpcWebConfigTest, MakesAFilterThatIsNotTheLast) {
  using envoy::extensions::filters::http::grpc_web::v3::GrpcWeb;
  const auto config = CreateFactory()->Parse(Pack<GrpcWeb>(""), context_, faults_);
  ASSERT_NE(config, nullptr);
  EXPECT_FALSE(config->is_terminal());
}

}  // namespace
}  // namespace weir::extensions::grpc_web
