// Tested by test/admin/admin_handlers_test.cc.
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/admin/v3/config_dump_shared.pb.h"
#include "source/admin/admin_handlers.h"
#include "source/config/load.h"

namespace weir::admin {

namespace {

namespace v3 = envoy::admin::v3;
using Record = ResourceRecord;

google::protobuf::Timestamp Time(int64_t wall_us) {
  google::protobuf::Timestamp time;
  time.set_seconds(wall_us / 1'000'000);
  time.set_nanos(static_cast<int32_t>(wall_us % 1'000'000 * 1000));
  return time;
}

void FillFailure(const Record& record, v3::UpdateFailureState& state) {
  if (record.refused_body != nullptr) {
    *state.mutable_failed_configuration() = *record.refused_body;
  }
  *state.mutable_last_update_attempt() = Time(record.refused_us);
  state.set_details(record.refusal);
  state.set_version_info(record.refused_version);
}

// What the four dynamic entries have in common.
template <class Entry>
void FillState(const Record& record, Entry& entry) {
  entry.set_client_status(record.refusal.empty() ? v3::ACKED : v3::NACKED);
  if (!record.refusal.empty()) FillFailure(record, *entry.mutable_error_state());
}

void AddListener(const Record& record, v3::ListenersConfigDump& dump) {
  if (record.is_static) {
    auto& entry = *dump.add_static_listeners();
    *entry.mutable_listener() = *record.body;
    *entry.mutable_last_updated() = Time(record.updated_us);
    return;
  }
  auto& entry = *dump.add_dynamic_listeners();
  entry.set_name(record.name);
  FillState(record, entry);
  if (record.body == nullptr) return;
  auto& state = *entry.mutable_active_state();
  state.set_version_info(record.version);
  *state.mutable_listener() = *record.body;
  *state.mutable_last_updated() = Time(record.updated_us);
}

void AddCluster(const Record& record, v3::ClustersConfigDump& dump) {
  if (record.is_static) {
    auto& entry = *dump.add_static_clusters();
    *entry.mutable_cluster() = *record.body;
    *entry.mutable_last_updated() = Time(record.updated_us);
    return;
  }
  auto& entry = *dump.add_dynamic_active_clusters();
  FillState(record, entry);
  if (record.body == nullptr) return;
  entry.set_version_info(record.version);
  *entry.mutable_cluster() = *record.body;
  *entry.mutable_last_updated() = Time(record.updated_us);
}

void AddRoute(const Record& record, v3::RoutesConfigDump& dump) {
  auto& entry = *dump.add_dynamic_route_configs();
  FillState(record, entry);
  if (record.body == nullptr) return;
  entry.set_version_info(record.version);
  *entry.mutable_route_config() = *record.body;
  *entry.mutable_last_updated() = Time(record.updated_us);
}

void AddEndpoint(const Record& record, v3::EndpointsConfigDump& dump) {
  auto& entry = *dump.add_dynamic_endpoint_configs();
  FillState(record, entry);
  if (record.body == nullptr) return;
  entry.set_version_info(record.version);
  *entry.mutable_endpoint_config() = *record.body;
  *entry.mutable_last_updated() = Time(record.updated_us);
}

// The kinds, with the field names that ?resource= takes.
bool Wants(const AdminRequest& request, const Record& record) {
  if (record.kind == ResourceKind::kEndpoint && !request.Has("include_eds")) return false;
  const std::string_view resource = request.Get("resource");
  if (resource.empty()) return true;
  switch (record.kind) {
    case ResourceKind::kBootstrap:
      return resource == "bootstrap";
    case ResourceKind::kListener:
      return resource == (record.is_static ? "static_listeners" : "dynamic_listeners");
    case ResourceKind::kCluster:
      return resource == (record.is_static ? "static_clusters" : "dynamic_active_clusters");
    case ResourceKind::kRoute:
      return resource == "dynamic_route_configs";
    case ResourceKind::kEndpoint:
      return resource == "dynamic_endpoint_configs";
  }
  return false;
}

struct Sections {
  v3::BootstrapConfigDump bootstrap;
  v3::ListenersConfigDump listeners;
  v3::ClustersConfigDump clusters;
  v3::RoutesConfigDump routes;
  v3::EndpointsConfigDump endpoints;
};

void AddRecord(const Record& record, Sections& sections) {
  switch (record.kind) {
    case ResourceKind::kBootstrap:
      record.body->UnpackTo(sections.bootstrap.mutable_bootstrap());
      *sections.bootstrap.mutable_last_updated() = Time(record.updated_us);
      break;
    case ResourceKind::kListener:
      AddListener(record, sections.listeners);
      break;
    case ResourceKind::kCluster:
      AddCluster(record, sections.clusters);
      break;
    case ResourceKind::kRoute:
      AddRoute(record, sections.routes);
      break;
    case ResourceKind::kEndpoint:
      AddEndpoint(record, sections.endpoints);
      break;
  }
}

AdminReply AnswerDump(const ConfigDump& config, const AdminRequest& request) {
  AdminReply reply;
  reply.content_type = "application/json";
  reply.render = [&config, request](Sink sink, const std::atomic<bool>&) {
    Sections sections;
    for (const auto& record : config.Snapshot()) {
      if (Wants(request, *record)) AddRecord(*record, sections);
    }
    v3::ConfigDump dump;
    if (sections.bootstrap.has_bootstrap()) dump.add_configs()->PackFrom(sections.bootstrap);
    dump.add_configs()->PackFrom(sections.clusters);
    if (request.Has("include_eds")) dump.add_configs()->PackFrom(sections.endpoints);
    dump.add_configs()->PackFrom(sections.listeners);
    dump.add_configs()->PackFrom(sections.routes);
    sink(config::ToJson(dump));
    sink("\n");
  };
  return reply;
}

// Fields that were accepted although Weir does not act on them: one a line.
AdminReply AnswerIgnored(const ConfigDump& config) {
  AdminReply reply;
  for (const auto& record : config.Snapshot()) {
    for (const config::Fault& fault : record->ignored) {
      absl::StrAppend(&reply.text, record->name, ": ", fault.path, ": ", fault.text, "\n");
    }
  }
  return reply;
}

}  // namespace

void AddConfigHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  const ConfigDump& config = *sources.config;
  handlers.push_back(
      {"/config_dump", "configuration, versions and refusals (?resource=FIELD &include_eds)", false,
       [&config](const AdminRequest& request) { return AnswerDump(config, request); }});
  handlers.push_back({"/config_ignored", "fields that were accepted and are not acted upon", false,
                      [&config](const AdminRequest&) { return AnswerIgnored(config); }});
}

}  // namespace weir::admin
