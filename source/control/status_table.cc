#include "source/control/status_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "source/base/strings.h"
#include "source/config/type_urls.h"
#include "source/xds/nack_detail.h"

namespace weir::control {
namespace {

using envoy::admin::v3::ClientResourceStatus;
using envoy::service::status::v3::ClientConfig;
using envoy::service::status::v3::ClientStatusResponse;

constexpr size_t kMaxCellBytes = 4096;
constexpr size_t kColumns = 6;
using Row = std::array<std::string, kColumns>;

std::string Cell(std::string_view text) {
  if (text.empty()) return "-";
  const std::string line = absl::StrReplaceAll(base::ToAbsl(text), {{"\n", "; "}});
  return xds::Printable(line, kMaxCellBytes);
}

std::string TypeNoun(std::string_view type_url) {
  static const auto& nouns = *new std::map<std::string_view, std::string_view>{
      {"envoy.config.cluster.v3.Cluster", "cluster"},
      {"envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoints"},
      {"envoy.config.listener.v3.Listener", "listener"},
      {"envoy.config.route.v3.RouteConfiguration", "route"},
      {"envoy.extensions.transport_sockets.tls.v3.Secret", "secret"},
  };
  const std::string_view name = config::TypeNameOf(type_url);
  const auto found = nouns.find(name);
  return found == nouns.end() ? Cell(type_url) : std::string(found->second);
}

std::string StatusName(ClientResourceStatus status) {
  const std::string name = envoy::admin::v3::ClientResourceStatus_Name(status);
  return name.empty() ? absl::StrCat(static_cast<int>(status)) : name;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

// "version 8: field.path: what"
std::string ErrorText(const ClientConfig::GenericXdsConfig& config) {
  const auto& error = config.error_state();
  if (!config.has_error_state()) return "-";
  const std::string version =
      error.version_info().empty() ? "" : absl::StrCat("version ", error.version_info(), ": ");
  return Cell(absl::StrCat(version, error.details()));
}

Row RowOf(const ClientConfig::GenericXdsConfig& config) {
  const bool has_one = config.has_last_updated() || !config.version_info().empty();
  return {TypeNoun(config.type_url()),
          Cell(config.name()),
          config.is_static_resource() ? "static" : Cell(config.version_info()),
          StatusName(config.client_status()),
          has_one ? TimeText(config.last_updated()) : "-",
          ErrorText(config)};
}

void AppendRows(const std::vector<Row>& rows, std::string& text) {
  std::array<size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      absl::StrAppend(&text, row[i], std::string(widths[i] - row[i].size() + 2, ' '));
    }
    absl::StrAppend(&text, row[kColumns - 1], "\n");
  }
}

// "3 resources: 2 ACKED, 1 NACKED"
std::string Summary(const ClientConfig& config) {
  std::map<std::string, int> counts;
  for (const auto& resource : config.generic_xds_configs()) {
    ++counts[StatusName(resource.client_status())];
  }
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(absl::StrCat(count, " ", name));
  const int total = config.generic_xds_configs_size();
  return absl::StrCat(total, total == 1 ? " resource" : " resources", parts.empty() ? "" : ": ",
                      absl::StrJoin(parts, ", "), "\n");
}

}  // namespace

std::string StatusTable(const ClientStatusResponse& response) {
  std::string text;
  for (const ClientConfig& config : response.config()) {
    if (response.config_size() > 1) absl::StrAppend(&text, "node ", Cell(config.node().id()), "\n");
    std::vector<Row> rows{{"TYPE", "NAME", "VERSION", "STATUS", "UPDATED", "ERROR"}};
    for (const auto& resource : config.generic_xds_configs()) rows.push_back(RowOf(resource));
    AppendRows(rows, text);
    text += Summary(config);
  }
  return text.empty() ? "no client\n" : text;
}

bool HasRefusal(const ClientStatusResponse& response) {
  for (const ClientConfig& config : response.config()) {
    for (const auto& resource : config.generic_xds_configs()) {
      if (resource.client_status() == envoy::admin::v3::NACKED) return true;
    }
  }
  return false;
}

}  // namespace weir::control
