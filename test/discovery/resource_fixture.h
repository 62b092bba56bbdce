// The main thread's parts around a control plane that the test plays: real clusters, listeners and
// route tables, echo filters for chains, and a ResourceSource whose deliveries the test makes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "google/protobuf/text_format.h"
#include "source/admin/config_dump.h"
#include "source/config/load.h"
#include "source/discovery/config_sources.h"
#include "source/discovery/endpoint_discovery.h"
#include "source/discovery/route_manager.h"
#include "test/server/listener_fixture.h"

namespace weir::discovery {

// One type's subscription: what is wanted, and who hears.
struct FakeSubscription {
  xds::ResourceSink* sink = nullptr;
  std::set<std::string> wanted;
  bool wants_all = false;
  std::vector<std::string> journal;
};

class FakeSource final : public xds::ResourceSource {
 public:
  std::unique_ptr<xds::Subscription> Subscribe(xds::ResourceType type,
                                               const xds::SubscriptionOptions&,
                                               xds::ResourceSink& sink) override {
    FakeSubscription& made = by_type[Short(type.type_url)];
    made.sink = &sink;
    return std::make_unique<Handle>(made);
  }

  // Delivers one resource of that type; the refusals. What is delivered stays as it is, for a sink
  // that needs several turns for it.
  template <class Proto>
  std::vector<xds::Refusal> Deliver(const std::string& name, const std::string& text) {
    Proto proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    return Deliver(name, proto);
  }
  template <class Proto>
  std::vector<xds::Refusal> Deliver(const std::string& name, const Proto& proto) {
    google::protobuf::Any& any = bodies_.emplace_back();
    any.PackFrom(proto);
    const xds::Resource resource{names_.emplace_back(name), base::SharedText("v1"), &any};
    xds::Update update;
    update.changed = absl::MakeConstSpan(&resource, 1);
    return by_type[Proto::descriptor()->name()].sink->OnUpdate(update);
  }
  void Remove(const std::string& type, const std::string& name) {
    xds::Update update;
    update.removed = absl::MakeConstSpan(&name, 1);
    by_type[type].sink->OnUpdate(update);
  }
  void TimeOut(const std::string& type, const std::vector<std::string>& names) {
    by_type[type].sink->OnFetchTimeout(names);
  }

  std::map<std::string, FakeSubscription> by_type;  // "Cluster", "Listener" …

 private:
  struct Handle final : xds::Subscription {
    explicit Handle(FakeSubscription& made) : it(made) {}
    void AddAll() override { it.wants_all = true; }
    void Add(std::string_view name, int64_t) override {
      if (it.wanted.insert(std::string(name)).second) {
        it.journal.push_back(absl::StrCat("+", std::string(name)));
      }
    }
    using xds::Subscription::Add;
    void Remove(std::string_view name) override {
      if (it.wanted.erase(std::string(name)) > 0) {
        it.journal.push_back(absl::StrCat("-", std::string(name)));
      }
    }
    FakeSubscription& it;
  };
  static std::string Short(const std::string& url) { return url.substr(url.rfind('.') + 1); }

  std::deque<google::protobuf::Any> bodies_;
  std::deque<std::string> names_;
};

// Takes tcp_proxy's configuration: stat_prefix is the name of the echo; "rds:NAME" as the cluster
// subscribes to that table, "c" is no cluster, any other is one that it names.
class EchoFactory final : public filter::NetworkFilterFactory {
 public:
  explicit EchoFactory(std::vector<std::string>& journal) : journal_(journal) {}
  filter::ExtensionId id() const override {
    return {"echo", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"};
  }
  std::shared_ptr<const filter::NetworkFilterConfig> Parse(const google::protobuf::Any& any,
                                                           const filter::FactoryContext& context,
                                                           config::Faults& faults) const override {
    envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    if (proto.cluster().starts_with("rds:")) {
      envoy::config::core::v3::ConfigSource source;
      source.mutable_ads();
      if (context.routes.Subscribe(source, proto.cluster().substr(4), faults) == nullptr) {
        return nullptr;
      }
    } else if (proto.cluster() != "c") {
      context.SlotOf(proto.cluster());
    }
    return std::make_shared<server::EchoConfig>(proto.stat_prefix(), journal_);
  }

 private:
  std::vector<std::string>& journal_;
};

class ResourceFixture : public server::ListenerFixture {
 protected:
  ResourceFixture() {
    registry_.Add(std::make_unique<EchoFactory>(journal_));
    endpoints_.SetClusters(*clusters_);
  }
  // From now on there is a control plane.
  void UseSource() { sources_.SetAggregated(source_); }
  static envoy::config::core::v3::ConfigSource Ads() {
    envoy::config::core::v3::ConfigSource source;
    source.mutable_ads();
    return source;
  }

  static std::string FilterText(const std::string& name, const std::string& cluster = "c") {
    return absl::StrCat(
        "filters { name: \"echo\" typed_config { "
        "[type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy] { "
        "stat_prefix: \"",
        name, "\" cluster: \"", cluster, "\" } } } ");
  }
  static std::string AddressText(uint16_t port = 0, const std::string& ip = "127.0.0.1") {
    return absl::StrCat("address { socket_address { address: \"", ip, "\" port_value: ", port,
                        " } } ");
  }
  // A listener with one chain that echoes under `chain`.
  static std::string ListenerText(const std::string& name, const std::string& chain,
                                  uint16_t port = 0, const std::string& cluster = "c") {
    return absl::StrCat("name: \"", name, "\" ", AddressText(port), "filter_chains { ",
                        FilterText(chain, cluster), "} ");
  }
  template <class Proto>
  static Proto FromText(const std::string& text) {
    Proto proto;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
    return proto;
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> out;
    for (const config::Fault& fault : faults_.faults()) {
      out.push_back(fault.path + ": " + fault.text);
    }
    return out;
  }

  std::unique_ptr<clusters::ClusterManager> MakeClusters() {
    clusters::ClusterManager::Options options(loop_, stats_);
    options.endpoints = &endpoints_;
    return clusters::ClusterManager::Create(options);
  }

  filter::ExtensionRegistry registry_;
  filter::NodeInfo node_;
  admin::ConfigDump dump_;
  config::Faults faults_;
  FakeSource source_;
  xds::files::FileThread file_thread_{loop_};
  ConfigSources sources_{loop_, stats_, file_thread_};
  EndpointDiscovery endpoints_{sources_, dump_};
  std::unique_ptr<clusters::ClusterManager> clusters_ = MakeClusters();
  std::unique_ptr<RouteManager> routes_ = std::make_unique<RouteManager>(
      RouteManager::Context{loop_, stats_, registry_, *clusters_, sources_, dump_});
};

}  // namespace weir::discovery
