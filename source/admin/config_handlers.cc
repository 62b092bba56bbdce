// Tested by test/admin/admin_handlers_test.cc.
#include <set>
#include <string>
#include <utility>

#include "envoy/admin/v3/config_dump.pb.h"
#include "envoy/admin/v3/config_dump_shared.pb.h"
#include "source/admin/admin_handlers.h"
#include "source/admin/resource_protos.h"
#include "source/base/strings.h"
#include "source/config/load.h"

namespace weir::admin {

namespace {

namespace v3 = envoy::admin::v3;
using Record = ResourceRecord;

// Names of what was accepted and does not serve yet.
struct Warming {
  std::set<std::string, std::less<>> clusters, listeners;
};

Warming FindWarming(const AdminSources& sources) {
  Warming warming;
  for (const auto& view : sources.clusters->Clusters()) {
    if (view->warming) warming.clusters.insert(view->config->name);
  }
  for (std::string& name : sources.warming_listeners()) warming.listeners.insert(std::move(name));
  return warming;
}

// What the dynamic entries have in common.
template <class Entry>
void FillState(const Record& record, Entry& entry) {
  entry.set_client_status(ToProto(record.status()));
  if (HasFailed(record)) FillFailure(record, *entry.mutable_error_state());
}

// Entries that have no name but in the resource: without one, what became of it says the name.
template <class Entry>
void FillUnnamedState(const Record& record, Entry& entry) {
  FillState(record, entry);
  if (record.has_body() || record.failure().body != nullptr) return;
  v3::UpdateFailureState& state = *entry.mutable_error_state();
  FillFailure(record, state);
  state.set_details(base::StrCat(record.name(), ": ", state.details()));
}

template <class Entry>
void FillVersion(const Record& record, Entry& entry) {
  entry.set_version_info(std::string(record.version()));
  *entry.mutable_last_updated() = ToTimestamp(record.updated_us());
}

void AddListener(const Record& record, const Warming& warming, v3::ListenersConfigDump& dump) {
  if (record.is_static()) {
    auto& entry = *dump.add_static_listeners();
    *entry.mutable_listener() = record.body();
    *entry.mutable_last_updated() = ToTimestamp(record.updated_us());
    return;
  }
  auto& entry = *dump.add_dynamic_listeners();
  entry.set_name(std::string(record.name()));
  FillState(record, entry);
  if (!record.has_body()) return;
  auto& state = warming.listeners.contains(record.name()) ? *entry.mutable_warming_state()
                                                          : *entry.mutable_active_state();
  FillVersion(record, state);
  *state.mutable_listener() = record.body();
}

void AddCluster(const Record& record, const Warming& warming, v3::ClustersConfigDump& dump) {
  if (record.is_static()) {
    auto& entry = *dump.add_static_clusters();
    *entry.mutable_cluster() = record.body();
    *entry.mutable_last_updated() = ToTimestamp(record.updated_us());
    return;
  }
  auto& entry = warming.clusters.contains(record.name()) ? *dump.add_dynamic_warming_clusters()
                                                         : *dump.add_dynamic_active_clusters();
  FillUnnamedState(record, entry);
  if (!record.has_body()) return;
  FillVersion(record, entry);
  *entry.mutable_cluster() = record.body();
}

void AddRoute(const Record& record, v3::RoutesConfigDump& dump) {
  auto& entry = *dump.add_dynamic_route_configs();
  FillUnnamedState(record, entry);
  if (!record.has_body()) return;
  FillVersion(record, entry);
  *entry.mutable_route_config() = record.body();
}

void AddEndpoint(const Record& record, v3::EndpointsConfigDump& dump) {
  auto& entry = *dump.add_dynamic_endpoint_configs();
  FillUnnamedState(record, entry);
  if (!record.has_body()) return;
  FillVersion(record, entry);
  *entry.mutable_endpoint_config() = record.body();
}

void AddSecret(const Record& record, v3::SecretsConfigDump& dump) {
  if (record.is_static()) {
    auto& entry = *dump.add_static_secrets();
    entry.set_name(std::string(record.name()));
    *entry.mutable_secret() = record.body();
    *entry.mutable_last_updated() = ToTimestamp(record.updated_us());
    return;
  }
  auto& entry =
      record.has_body() ? *dump.add_dynamic_active_secrets() : *dump.add_dynamic_warming_secrets();
  entry.set_name(std::string(record.name()));
  FillState(record, entry);
  if (!record.has_body()) return;
  FillVersion(record, entry);
  *entry.mutable_secret() = record.body();
}

// The list of the dump that the record belongs to, as ?resource= names it.
std::string_view FieldOf(const Record& record, const Warming& warming) {
  switch (record.kind()) {
    case ResourceKind::kBootstrap:
      return "bootstrap";
    case ResourceKind::kListener:
      return record.is_static() ? "static_listeners" : "dynamic_listeners";
    case ResourceKind::kCluster:
      if (record.is_static()) return "static_clusters";
      return warming.clusters.contains(record.name()) ? "dynamic_warming_clusters"
                                                      : "dynamic_active_clusters";
    case ResourceKind::kRoute:
      return "dynamic_route_configs";
    case ResourceKind::kEndpoint:
      return "dynamic_endpoint_configs";
    case ResourceKind::kSecret:
      if (record.is_static()) return "static_secrets";
      return record.has_body() ? "dynamic_active_secrets" : "dynamic_warming_secrets";
  }
  return "";
}

bool Wants(const AdminRequest& request, const Record& record, const Warming& warming) {
  if (record.kind() == ResourceKind::kEndpoint && !request.Has("include_eds")) return false;
  const std::string_view resource = request.Get("resource");
  return resource.empty() || resource == FieldOf(record, warming);
}

struct Sections {
  v3::BootstrapConfigDump bootstrap;
  v3::ListenersConfigDump listeners;
  v3::ClustersConfigDump clusters;
  v3::RoutesConfigDump routes;
  v3::EndpointsConfigDump endpoints;
  v3::SecretsConfigDump secrets;
};

void AddRecord(const Record& record, const Warming& warming, Sections& sections) {
  switch (record.kind()) {
    case ResourceKind::kBootstrap:
      record.body().UnpackTo(sections.bootstrap.mutable_bootstrap());
      *sections.bootstrap.mutable_last_updated() = ToTimestamp(record.updated_us());
      break;
    case ResourceKind::kListener:
      AddListener(record, warming, sections.listeners);
      break;
    case ResourceKind::kCluster:
      AddCluster(record, warming, sections.clusters);
      break;
    case ResourceKind::kRoute:
      AddRoute(record, sections.routes);
      break;
    case ResourceKind::kEndpoint:
      AddEndpoint(record, sections.endpoints);
      break;
    case ResourceKind::kSecret:
      AddSecret(record, sections.secrets);
      break;
  }
}

AdminReply AnswerDump(const AdminSources& sources, const AdminRequest& request) {
  AdminReply reply;
  reply.content_type = "application/json";
  reply.render = [sources, request](Sink sink, const std::atomic<bool>& is_abandoned) {
    Sections sections;
    const Warming warming = FindWarming(sources);
    for (const auto& record : sources.config->Snapshot()) {
      if (is_abandoned) return;
      if (Wants(request, *record, warming)) AddRecord(*record, warming, sections);
    }
    v3::ConfigDump dump;
    if (sections.bootstrap.has_bootstrap()) dump.add_configs()->PackFrom(sections.bootstrap);
    dump.add_configs()->PackFrom(sections.clusters);
    if (request.Has("include_eds")) dump.add_configs()->PackFrom(sections.endpoints);
    dump.add_configs()->PackFrom(sections.listeners);
    dump.add_configs()->PackFrom(sections.routes);
    dump.add_configs()->PackFrom(sections.secrets);
    sink(config::ToJson(dump));
    sink("\n");
  };
  return reply;
}

// Fields that were accepted although Weir does not act on them: one a line.
AdminReply AnswerIgnored(const ConfigDump& config) {
  AdminReply reply;
  reply.render = [&config](Sink sink, const std::atomic<bool>& is_abandoned) {
    for (const auto& record : config.Snapshot()) {
      if (is_abandoned) return;
      for (const config::Fault& fault : record->ignored()) {
        sink(base::StrCat(record->name(), ": ", fault.path, ": ", fault.text, "\n"));
      }
    }
  };
  return reply;
}

}  // namespace

void AddConfigHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  const ConfigDump& config = *sources.config;
  handlers.push_back(
      {"/config_dump", "configuration, versions and refusals (?resource=FIELD &include_eds)", false,
       [sources](const AdminRequest& request) { return AnswerDump(sources, request); }});
  handlers.push_back({"/config_ignored", "fields that were accepted and are not acted upon", false,
                      [&config](const AdminRequest&) { return AnswerIgnored(config); }});
}

}  // namespace weir::admin
