#include "source/extensions/http_filters/router/load_report_parser.h"

#include <google/protobuf/util/json_util.h>

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "source/base/strings.h"
#include "xds/data/orca/v3/orca_load_report.pb.h"

namespace weir::extensions::router {
namespace {

using balancing::LoadReport;
using xds::data::orca::v3::OrcaLoadReport;

constexpr absl::string_view kNamedMetrics = "named_metrics.", kUtilization = "utilization.";

LoadReport FromProto(const OrcaLoadReport& proto) {
  LoadReport report;
  report.requests_per_s = proto.rps_fractional();
  if (report.requests_per_s == 0) report.requests_per_s = static_cast<double>(proto.rps());
  report.errors_per_s = proto.eps();
  report.application_utilization = proto.application_utilization();
  report.cpu_utilization = proto.cpu_utilization();
  report.memory_utilization = proto.mem_utilization();
  for (const auto& [name, value] : proto.named_metrics()) {
    report.metrics.emplace_back(base::StrCat("named_metrics.", name), value);
  }
  for (const auto& [name, value] : proto.utilization()) {
    report.metrics.emplace_back(base::StrCat("utilization.", name), value);
  }
  return report;
}

std::optional<LoadReport> FromBase64(absl::string_view text) {
  std::string bytes;
  OrcaLoadReport proto;
  if (!absl::Base64Unescape(text, &bytes) || !proto.ParseFromString(bytes)) return std::nullopt;
  return FromProto(proto);
}

std::optional<LoadReport> FromJson(absl::string_view text) {
  OrcaLoadReport proto;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status =
      google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &proto, options);
  if (!status.ok()) return std::nullopt;
  return FromProto(proto);
}

// False: the name is nobody's.
bool Set(absl::string_view name, double value, LoadReport& report) {
  const struct {
    absl::string_view name;
    double* place;
  } scalars[] = {{"cpu_utilization", &report.cpu_utilization},
                 {"mem_utilization", &report.memory_utilization},
                 {"application_utilization", &report.application_utilization},
                 {"rps_fractional", &report.requests_per_s},
                 {"eps", &report.errors_per_s}};
  for (const auto& scalar : scalars) {
    if (scalar.name != name) continue;
    *scalar.place = value;
    return true;
  }
  for (const absl::string_view prefix : {kNamedMetrics, kUtilization}) {
    if (!absl::StartsWith(name, prefix) || name.size() == prefix.size()) continue;
    report.metrics.emplace_back(std::string(name), value);
    return true;
  }
  return false;
}

std::optional<LoadReport> FromText(absl::string_view text) {
  LoadReport report;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    double value = 0;
    if (!absl::SimpleAtod(pair.second, &value)) return std::nullopt;
    if (!Set(absl::StripAsciiWhitespace(pair.first), value, report)) return std::nullopt;
  }
  return report;
}

}  // namespace

std::optional<LoadReport> FindLoadReport(const http::HeaderMap& fields) {
  if (const http::Header* const binary = fields.Find("endpoint-load-metrics-bin")) {
    return FromBase64(base::ToAbsl(binary->value));
  }
  const http::Header* const field = fields.Find("endpoint-load-metrics");
  if (field == nullptr) return std::nullopt;
  absl::string_view text = base::ToAbsl(field->value);
  if (absl::ConsumePrefix(&text, "TEXT ")) return FromText(text);
  if (absl::ConsumePrefix(&text, "JSON ")) return FromJson(text);
  if (absl::ConsumePrefix(&text, "BIN ")) return FromBase64(text);
  return std::nullopt;
}

}  // namespace weir::extensions::router
