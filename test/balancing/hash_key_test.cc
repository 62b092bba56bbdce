#include "source/balancing/hash_key.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

EndpointConfig Named(int number, const std::string& hostname, const std::string& hash_key = {}) {
  EndpointConfig endpoint = MakeEndpoint(number);
  endpoint.details = PlainDetails(hostname);
  if (hash_key.empty()) return endpoint;
  HostMetadata metadata;
  metadata.entries.push_back({"hash_key", "v", {}, hash_key});
  endpoint.metadata = std::make_shared<const HostMetadata>(metadata);
  return endpoint;
}

TEST(HashKeyTest, IsTheAddressUnlessAnotherIsGiven) {
  const auto set = BuildSet({Named(1, ""), Named(2, "two"), Named(3, "three", "drei")});
  EXPECT_EQ(HashKeyOf(*set->hosts()[0], false), "10.0.0.1:80");
  EXPECT_EQ(HashKeyOf(*set->hosts()[0], true), "10.0.0.1:80") << "it has no name";
  EXPECT_EQ(HashKeyOf(*set->hosts()[1], false), "10.0.0.2:80");
  EXPECT_EQ(HashKeyOf(*set->hosts()[1], true), "two");
  EXPECT_EQ(HashKeyOf(*set->hosts()[2], true), "drei");
}

TEST(HashKeyTest, HostsAreSortedAndKeepTheirPlaces) {
  const auto set = BuildSet({Named(1, "c"), Named(2, "a"), Named(3, "b")});
  const std::vector<uint32_t> weights = {3, 1, 2};
  const auto hosts = HashedHosts(set->hosts(), weights, true);
  ASSERT_EQ(hosts.size(), 3u);
  EXPECT_EQ(hosts[0].key, "a");
  EXPECT_EQ(hosts[0].index, 1u);
  EXPECT_EQ(hosts[0].weight, 1u);
  EXPECT_EQ(hosts[2].index, 0u);
}

}  // namespace
}  // namespace weir::balancing
