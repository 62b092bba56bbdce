#include "source/admin/client_status.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "source/admin/resource_protos.h"
#include "source/config/faults.h"
#include "source/config/load.h"
#include "source/config/redaction.h"
#include "source/routing/string_matcher.h"

namespace weir::admin {

namespace {

using envoy::config::core::v3::Node;
using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusRequest;
using envoy::service::status::v3::ClientStatusResponse;

std::string FirstFault(const config::Faults& faults) {
  const config::Fault& fault = faults.faults().front();
  return absl::StrCat(fault.path, fault.path.empty() ? "" : ": ", fault.text);
}

// Fields that are not implemented are faults, but for what it says of who asks.
bool Check(ClientStatusRequest request, config::Faults& faults) {
  request.clear_node();
  return config::CheckMessage(request, faults);
}

bool Passes(const Node& node, const ClientStatusRequest& request, config::Faults& faults) {
  bool passes = request.node_matchers().empty();
  for (int i = 0; i < request.node_matchers_size(); ++i) {
    const auto& matcher = request.node_matchers(i);
    if (!matcher.has_node_id()) {
      passes = true;
      continue;
    }
    config::Faults::Scope item(faults, "node_matchers", i);
    config::Faults::Scope field(faults, "node_id");
    const routing::StringMatcher id = routing::ParseStringMatcher(matcher.node_id(), faults);
    passes |= faults.ok() && id.Matches(node.id());
  }
  return passes;
}

void FillConfig(const ResourceRecord& record, bool has_contents,
                ClientConfig::GenericXdsConfig& config) {
  config.set_type_url(std::string(TypeUrlOf(record.kind())));
  config.set_name(std::string(record.name()));
  config.set_client_status(ToProto(record.status()));
  config.set_is_static_resource(record.is_static());
  if (record.has_body()) {
    config.set_version_info(std::string(record.version()));
    *config.mutable_last_updated() = ToTimestamp(record.updated_us());
    if (has_contents) {
      *config.mutable_xds_config() = record.body();
      config::Redact(*config.mutable_xds_config());
    }
  }
  if (!HasFailed(record)) return;
  auto& failure = *config.mutable_error_state();
  FillFailure(record, failure);
  if (has_contents) {
    config::Redact(failure);
  } else {
    failure.clear_failed_configuration();
  }
}

}  // namespace

absl::StatusOr<ClientStatusResponse> AnswerClientStatus(const ClientStatusRequest& request,
                                                        const Node& node, const ConfigDump& dump) {
  config::Faults faults;
  const bool passes = Check(request, faults) && Passes(node, request, faults);
  if (!faults.ok()) return absl::InvalidArgumentError(FirstFault(faults));
  ClientStatusResponse response;
  if (!passes) return response;
  ClientConfig& client = *response.add_config();
  *client.mutable_node() = node;
  for (const auto& record : dump.Snapshot()) {
    if (record->kind() == ResourceKind::kBootstrap) continue;
    FillConfig(*record, !request.exclude_resource_contents(), *client.add_generic_xds_configs());
  }
  return response;
}

}  // namespace weir::admin
