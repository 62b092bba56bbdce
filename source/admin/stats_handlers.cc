// Tested by test/admin/admin_handlers_test.cc.
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/admin/admin_handlers.h"
#include "source/config/regex.h"
#include "source/stats/prometheus.h"
#include "source/stats/stats_report.h"

namespace weir::admin {

namespace {

// The reply is an error when the query is wrong; otherwise `selection` is filled in.
bool ReadSelection(const AdminRequest& request, stats::Selection& selection, AdminReply& error) {
  selection.used_only = request.Has("usedonly");
  const std::string_view kind = request.Get("type");
  if (kind == "Counters") selection.kind = stats::Kind::kCounter;
  if (kind == "Gauges") selection.kind = stats::Kind::kGauge;
  if (kind == "Histograms") selection.kind = stats::Kind::kHistogram;
  const std::string_view filter = request.Get("filter");
  if (filter.empty()) return true;
  // As Envoy: the expression may match anywhere in the name.
  auto regex = config::Regex::Compile(absl::StrCat(".*(?:", std::string(filter), ").*"));
  if (!regex.ok()) {
    error = ErrorReply(400, absl::StrCat("filter: ", regex.status().message(), "\n"));
    return false;
  }
  selection.accepts = [regex = *regex](std::string_view name) { return regex->FullMatch(name); };
  return true;
}

using Report = void(const stats::Store&, const stats::Selection&, Sink);

Render RenderBy(Report& report, const stats::Store& store, stats::Selection selection) {
  return [&report, &store, selection = std::move(selection)](
             Sink sink, const std::atomic<bool>& is_abandoned) mutable {
    selection.is_abandoned = &is_abandoned;
    report(store, selection, sink);
  };
}

AdminReply AnswerStats(const stats::Store& store, const AdminRequest& request,
                       std::string_view format) {
  AdminReply reply;
  stats::Selection selection;
  if (!ReadSelection(request, selection, reply)) return reply;
  if (format == "prometheus") {
    reply.content_type = "text/plain; version=0.0.4; charset=UTF-8";
    reply.render = RenderBy(stats::RenderPrometheus, store, selection);
  } else if (format == "json") {
    reply.content_type = "application/json";
    reply.render = RenderBy(stats::RenderJson, store, selection);
  } else if (format.empty() || format == "text") {
    reply.render = RenderBy(stats::RenderPlain, store, selection);
  } else {
    reply = ErrorReply(400, "format: one of text, json, prometheus\n");
  }
  return reply;
}

}  // namespace

void AddStatsHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  const stats::Store& store = *sources.stats;
  handlers.push_back({"/stats",
                      "statistics (?filter=REGEX &usedonly &type=Counters|Gauges|Histograms "
                      "&format=text|json|prometheus)",
                      false, [&store](const AdminRequest& request) {
                        return AnswerStats(store, request, request.Get("format"));
                      }});
  handlers.push_back({"/stats/prometheus",
                      "statistics in Prometheus's text format (?filter=REGEX &usedonly)", false,
                      [&store](const AdminRequest& request) {
                        return AnswerStats(store, request, "prometheus");
                      }});
}

}  // namespace weir::admin
