#include "source/filter/route_table_builder.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/any.pb.h"
#include "source/clusters/cluster_manager.h"
#include "source/config/load.h"
#include "source/config/wire_fields.h"
#include "source/filter/registry.h"
#include "source/filter/substitution_format.h"
#include "source/routing/route_parser.h"
#include "source/routing/route_table_reader.h"

namespace weir::filter {

namespace {

using envoy::config::route::v3::RouteConfiguration;

std::shared_ptr<const routing::FilterConfig> ParseFilterConfig(const ExtensionRegistry& registry,
                                                               const std::string& name,
                                                               const google::protobuf::Any& any,
                                                               config::Faults& faults) {
  // The type decides; a filter whose settings per route are of its own type is found by name.
  const HttpFilterFactory* factory = registry.FindHttpFilterByName(name);
  if (factory == nullptr) factory = registry.FindHttpFilter(any, faults);
  return factory == nullptr ? nullptr : factory->ParseRouteConfig(any, faults);
}

// What the parser asks of this layer, for one table.
class Answers {
 public:
  Answers(const ExtensionRegistry& registry, clusters::ClusterManager& clusters, bool validates,
          std::vector<clusters::ClusterSlot*>* named)
      : slot_([&clusters, validates, named](std::string_view name) {
          return SlotOf(clusters, validates, named, name);
        }),
        value_([](std::string_view text) { return CompileValueTemplate(text); }),
        filter_config_([&registry](const std::string& name, const google::protobuf::Any& any,
                                   config::Faults& faults) {
          return ParseFilterConfig(registry, name, any, faults);
        }) {}
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // Refers to this.
  routing::ParseContext context() const { return {slot_, value_, filter_config_}; }

 private:
  using Slot = absl::StatusOr<clusters::ClusterSlot*>;
  using Value = absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>>;
  using FilterConfig = std::shared_ptr<const routing::FilterConfig>;

  static Slot SlotOf(clusters::ClusterManager& clusters, bool validates,
                     std::vector<clusters::ClusterSlot*>* named, std::string_view name) {
    if (validates && !clusters.IsDefined(name)) {
      return absl::NotFoundError(absl::StrCat("there is no cluster '", std::string(name), "'"));
    }
    clusters::ClusterSlot* const found = &clusters.Slot(name);
    if (named != nullptr) named->push_back(found);
    return found;
  }

  const std::function<Slot(std::string_view)> slot_;
  const std::function<Value(std::string_view)> value_;
  const std::function<FilterConfig(const std::string&, const google::protobuf::Any&,
                                   config::Faults&)>
      filter_config_;
};

bool Validates(const RouteConfiguration& proto, UnknownClusters unknown_clusters) {
  return proto.has_validate_clusters() ? proto.validate_clusters().value()
                                       : unknown_clusters == UnknownClusters::kRefused;
}

}  // namespace

std::unique_ptr<const routing::RouteTable> BuildRouteTable(
    const RouteConfiguration& proto, const ExtensionRegistry& registry,
    clusters::ClusterManager& clusters, UnknownClusters unknown_clusters,
    std::vector<clusters::ClusterSlot*>* named, config::Faults& faults) {
  const Answers answers(registry, clusters, Validates(proto, unknown_clusters), named);
  return routing::ParseRouteTable(proto, answers.context(), faults);
}

struct RouteTableBuild::Reading {
  Reading(RouteConfiguration proto, std::vector<std::string_view> virtual_hosts,
          const ExtensionRegistry& registry, clusters::ClusterManager& clusters,
          std::vector<clusters::ClusterSlot*>& named, const routing::RouteTable* before,
          config::Faults& faults)
      : table(std::move(proto)),
        answers(registry, clusters, Validates(table, UnknownClusters::kAccepted), &named),
        context(answers.context()),
        reader(table, std::move(virtual_hosts), context, before, faults) {}

  const RouteConfiguration table;  // without its virtual hosts
  const Answers answers;
  const routing::ParseContext context;
  routing::RouteTableReader reader;
};

RouteTableBuild::RouteTableBuild(const google::protobuf::Any& body,
                                 const ExtensionRegistry& registry,
                                 clusters::ClusterManager& clusters,
                                 const routing::RouteTable* before) {
  std::optional<config::SplitMessage> split =
      config::SplitField(body.value(), RouteConfiguration::kVirtualHostsFieldNumber);
  RouteConfiguration table;
  google::protobuf::Any rest;
  rest.set_type_url(body.type_url());
  // What cannot be split cannot be parsed either, which says why.
  rest.set_value(split.has_value() ? std::move(split->rest) : body.value());
  const bool is_sound = config::Unpack(rest, table, faults_);
  if (!split.has_value() && is_sound) faults_.Add("", "its bytes are not a RouteConfiguration");
  if (!split.has_value()) return;
  reading_ = std::make_unique<Reading>(std::move(table), std::move(split->items), registry,
                                       clusters, named_, before, faults_);
}

RouteTableBuild::~RouteTableBuild() = default;

bool RouteTableBuild::Step() { return reading_ != nullptr && reading_->reader.Step(); }

std::unique_ptr<const routing::RouteTable> RouteTableBuild::Finish() {
  if (reading_ == nullptr) return nullptr;
  auto table = reading_->reader.Finish();
  return faults_.ok() ? std::move(table) : nullptr;
}

size_t RouteTableBuild::read() const { return reading_ == nullptr ? 0 : reading_->reader.read(); }
size_t RouteTableBuild::kept() const { return reading_ == nullptr ? 0 : reading_->reader.kept(); }

}  // namespace weir::filter
