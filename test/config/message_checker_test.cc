#include "source/config/message_checker.h"

#include <gtest/gtest.h>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/config/core/v3/protocol.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#include "test/config/dynamic_type.h"

namespace weir::config {
namespace {

using envoy::config::bootstrap::v3::Bootstrap;
using envoy::config::cluster::v3::Cluster;
using envoy::config::core::v3::Address;
using google::protobuf::Message;

std::string FaultsOf(const Message& message, CheckOptions options = {}) {
  Faults faults;
  MessageChecker(faults, options).Check(message, {});
  return faults.ToString();
}

template <class Proto>
Proto Make(const std::string& text) {
  Proto proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return proto;
}

TEST(MessageChecker, NamesThePathOfEachFault) {
  const auto bootstrap = Make<Bootstrap>(R"pb(
    static_resources {
      clusters { name: "a" }
      clusters {
        connect_timeout {}
        load_assignment {
          cluster_name: "b"
          endpoints {
            lb_endpoints {
              endpoint { address { socket_address { address: "::1" port_value: 70000 } } }
              load_balancing_weight {}
            }
          }
        }
      }
    }
  )pb");
  const std::string cluster = "static_resources.clusters[1].";
  const std::string host = cluster + "load_assignment.endpoints[0].lb_endpoints[0].";
  EXPECT_EQ(FaultsOf(bootstrap),
            cluster + "name: must not be empty\n" + cluster +
                "connect_timeout: value 0s is out of range (more than 0s)\n" + host +
                "endpoint.address.socket_address.port_value: value 70000 is out of range "
                "(0 to 65535)\n" +
                host + "load_balancing_weight: value 0 is out of range (1 to 4294967295)");
}

TEST(MessageChecker, RequiredOneofsAndMessages) {
  EXPECT_EQ(FaultsOf(Address()), "one of `socket_address`, `pipe` must be set");
  EXPECT_EQ(FaultsOf(envoy::config::route::v3::VirtualHost()),
            "name: must not be empty\ndomains: must have at least 1 item");
  EXPECT_EQ(FaultsOf(Cluster::RefreshRate()), "base_interval: must be set");
  EXPECT_EQ(FaultsOf(envoy::config::core::v3::HeaderValueOption()), "header: must be set");
  EXPECT_EQ(FaultsOf(envoy::config::core::v3::TypedExtensionConfig()),
            "name: must not be empty\ntyped_config: must be set");
}

TEST(MessageChecker, NegativeDurationsAreRefusedEverywhere) {
  envoy::config::core::v3::HttpProtocolOptions options;
  options.mutable_idle_timeout()->set_seconds(-5);
  EXPECT_EQ(FaultsOf(options), "idle_timeout: value -5s is out of range (0s or more)");
}

TEST(MessageChecker, EnumValuesMustBeDeclared) {
  envoy::config::core::v3::ApiConfigSource source;
  source.set_api_type(static_cast<envoy::config::core::v3::ApiConfigSource::ApiType>(1));
  EXPECT_EQ(FaultsOf(source), "api_type: REST is known to Envoy, not implemented by Weir");
  Cluster cluster;
  cluster.set_name("a");
  cluster.set_lb_policy(static_cast<Cluster::LbPolicy>(99));
  EXPECT_EQ(FaultsOf(cluster),
            "lb_policy: value 99 is not one of envoy.config.cluster.v3.Cluster.LbPolicy");
}

TEST(MessageChecker, MapKeysHaveRules) {
  envoy::config::core::v3::Metadata metadata;
  (*metadata.mutable_filter_metadata())[""];
  EXPECT_EQ(FaultsOf(metadata), "filter_metadata[]: the key must not be empty");
}

TEST(MessageChecker, MapValuesAreEntered) {
  DynamicType type(R"pb(
    field {
      name: 'm'
      number: 1
      type: TYPE_MESSAGE
      label: LABEL_REPEATED
      type_name: '.test.Tested.MEntry'
    }
    nested_type {
      name: 'MEntry'
      field { name: 'key' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
      field {
        name: 'value'
        number: 2
        type: TYPE_MESSAGE
        label: LABEL_OPTIONAL
        type_name: '.google.protobuf.Duration'
      }
      options { map_entry: true }
    }
  )pb");
  const auto message = type.New();
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "m { key: 'x.y' value { seconds: -1 } }", message.get()));
  EXPECT_EQ(FaultsOf(*message), "m[x.y]: value -1s is out of range (0s or more)");
}

TEST(MessageChecker, CountsAndUniqueItems) {
  DynamicType type(R"pb(
    field {
      name: 'few'
      number: 1
      type: TYPE_UINT32
      label: LABEL_REPEATED
      options {
        [validate.rules] {
          repeated {
            min_items: 1
            max_items: 2
            items { uint32 { lte: 9 } }
          }
        }
      }
    }
    field {
      name: 'names'
      number: 2
      type: TYPE_STRING
      label: LABEL_REPEATED
      options {
        [validate.rules] {
          repeated {
            unique: true
            items { string { min_len: 1 } }
          }
        }
      }
    }
  )pb");
  const auto message = type.New();
  EXPECT_EQ(FaultsOf(*message), "few: must have at least 1 item");
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "few: 1 few: 2 names: 'a' names: 'b' names: 'a'", message.get()));
  EXPECT_EQ(FaultsOf(*message), "names[2]: is there twice");
  ASSERT_TRUE(
      google::protobuf::TextFormat::ParseFromString("few: 1 few: 10 names: ''", message.get()));
  EXPECT_EQ(FaultsOf(*message),
            "few[1]: value 10 is out of range (0 to 9)\nnames[0]: must not be empty");
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString("few: 1 few: 1 few: 1", message.get()));
  EXPECT_EQ(FaultsOf(*message), "few: has 3 items, may have at most 2");
}

// What a newer or fuller control plane sends, seen by number.
struct UnknownCase {
  int number;
  std::string fault;
};

TEST(MessageChecker, UnknownFieldsAreToldApart) {
  for (const UnknownCase& c : {
           UnknownCase{9999,
                       "load_assignment: holds field number 9999, which ClusterLoadAssignment has "
                       "not in any API known here"},
           UnknownCase{1, "load_assignment.cluster_name: is not encoded as its type demands"},
           UnknownCase{5,
                       "load_assignment.named_endpoints: known to Envoy, not implemented by Weir"},
       }) {
    Cluster cluster;
    cluster.set_name("a");
    auto* assignment = cluster.mutable_load_assignment();
    assignment->set_cluster_name("a");
    auto* unknown = assignment->GetReflection()->MutableUnknownFields(assignment);
    unknown->AddVarint(c.number, 1);
    unknown->AddVarint(c.number, 2);
    EXPECT_EQ(FaultsOf(cluster), c.fault);
  }
}

TEST(MessageChecker, HarmlessUnknownFieldsAreIgnored) {
  Cluster cluster;
  cluster.set_name("a");
  auto* unknown = cluster.GetReflection()->MutableUnknownFields(&cluster);
  unknown->AddLengthDelimited(49, "");  // track_cluster_stats
  Faults faults;
  MessageChecker(faults, {}).Check(cluster, {});
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  ASSERT_EQ(faults.ignored().size(), 1u);
  EXPECT_EQ(faults.ignored()[0].path, "track_cluster_stats");
  EXPECT_EQ(faults.ignored()[0].text, "known to Envoy, not implemented by Weir: ignored");
}

TEST(MessageChecker, OthersAreIgnoredOnlyWhenAllowed) {
  Cluster cluster;
  cluster.set_name("a");
  cluster.GetReflection()->MutableUnknownFields(&cluster)->AddLengthDelimited(40, "");
  EXPECT_EQ(FaultsOf(cluster), "filters: known to Envoy, not implemented by Weir");
  EXPECT_EQ(FaultsOf(cluster, {.allow_unsupported = true}), "");
}

TEST(MessageChecker, AnUnknownMemberIsNotAMissingOneof) {
  Address address;
  address.GetReflection()->MutableUnknownFields(&address)->AddLengthDelimited(3, "");
  EXPECT_EQ(FaultsOf(address), "envoy_internal_address: known to Envoy, not implemented by Weir");
}

TEST(MessageChecker, EntersAnyOnlyWhenAsked) {
  envoy::config::listener::v3::Filter filter;
  filter.set_name("f");
  filter.mutable_typed_config()->PackFrom(Cluster());
  EXPECT_EQ(FaultsOf(filter), "");
  EXPECT_EQ(FaultsOf(filter, {.enters_any = true}), "typed_config.name: must not be empty");
}

TEST(MessageChecker, DoesNotRepeatAFault) {
  Faults faults;
  MessageChecker checker(faults, {});
  checker.Check(Cluster(), {});
  checker.Check(Cluster(), {});
  EXPECT_EQ(faults.ToString(), "name: must not be empty");
}

}  // namespace
}  // namespace weir::config
