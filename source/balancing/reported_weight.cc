#include "source/balancing/reported_weight.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace weir::balancing {
namespace {

// 0: it was not reported.
double ValueOf(std::string_view metric, const LoadReport& report) {
  if (metric == "application_utilization") return report.application_utilization;
  if (metric == "cpu_utilization") return report.cpu_utilization;
  if (metric == "mem_utilization") return report.memory_utilization;
  for (const auto& [name, value] : report.metrics) {
    if (name == metric) return value;
  }
  return 0;
}

double UtilizationOf(const LoadReport& report, const ClientSideWeightsConfig& config) {
  double greatest = 0;
  for (const std::string& metric : config.metrics) {
    greatest = std::max(greatest, ValueOf(metric, report));
  }
  if (greatest > 0) return greatest;
  if (report.application_utilization > 0) return report.application_utilization;
  return report.cpu_utilization;
}

}  // namespace

double ReportedWeight::Of(const LoadReport& report, const ClientSideWeightsConfig& config) {
  const double utilization = UtilizationOf(report, config);
  if (!(utilization > 0) || !(report.requests_per_s > 0)) return 0;
  const double errors = std::max(0.0, report.errors_per_s) / report.requests_per_s;
  const double weight =
      report.requests_per_s / (utilization + errors * config.error_utilization_penalty);
  return std::isfinite(weight) ? weight : 0;
}

void ReportedWeight::Record(const LoadReport& report, const ClientSideWeightsConfig& config,
                            int64_t now_ms) {
  const double weight = Of(report, config);
  if (weight == 0) return;
  const int64_t last_ms = last_ms_.load(std::memory_order_relaxed);
  const bool was_silent =
      weight_.load(std::memory_order_relaxed) == 0 || now_ms - last_ms >= config.expiration_ms;
  if (was_silent) first_ms_.store(now_ms, std::memory_order_relaxed);
  last_ms_.store(now_ms, std::memory_order_relaxed);
  weight_.store(weight, std::memory_order_release);
}

double ReportedWeight::At(int64_t now_ms, const ClientSideWeightsConfig& config) const {
  const double weight = weight_.load(std::memory_order_acquire);
  if (weight == 0) return 0;
  if (now_ms - last_ms_.load(std::memory_order_relaxed) >= config.expiration_ms) return 0;
  if (now_ms - first_ms_.load(std::memory_order_relaxed) < config.blackout_ms) return 0;
  return weight;
}

}  // namespace weir::balancing
