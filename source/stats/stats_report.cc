#include "source/stats/stats_report.h"

#include <utility>

#include "source/base/json_string.h"
#include "source/base/strings.h"
#include "source/stats/series_walk.h"
#include "source/stats/text_writer.h"

namespace weir::stats {
namespace {

constexpr double kPercents[] = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};

// Counters and gauges, or false when the selection hides this one.
bool ReadNumber(const SeriesWalk& walk, const Selection& selection, std::string& number) {
  number.clear();
  if (walk.metric().kind == Kind::kCounter) {
    const uint64_t value = walk.group().CounterValue(walk.metric());
    base::StrAppend(&number, value);
    return value != 0 || !selection.used_only;
  }
  base::StrAppend(&number, walk.group().GaugeValue(walk.metric()));
  return true;
}

bool ReadHistogram(const SeriesWalk& walk, const Selection& selection, Histogram::Totals& totals) {
  totals = walk.group().HistogramTotals(walk.metric());
  return totals.count != 0 || !selection.used_only;
}

void WriteJsonQuantiles(const Histogram::Totals& totals, TextWriter& writer) {
  const char* separator = "";
  for (double percent : kPercents) {
    writer.Write(separator, R"({"interval":null,"cumulative":)");
    if (totals.count == 0) {
      writer.Write("null}");
    } else {
      writer.Write(FormatDouble(totals.Quantile(percent / 100)), "}");
    }
    separator = ",";
  }
}

// `separator` stands between the numbers and this element of "stats".
void WriteJsonHistograms(const Store& store, const Selection& selection, const char* separator,
                         TextWriter& writer) {
  SeriesWalk walk(store.Groups(), selection, /*wants_histograms=*/true);
  bool is_first = true;
  for (Histogram::Totals totals; walk.Next();) {
    if (!ReadHistogram(walk, selection, totals)) continue;
    if (is_first) {
      writer.Write(separator, R"({"histograms":{"supported_quantiles":[)");
      const char* comma = "";
      for (double percent : kPercents) writer.Write(std::exchange(comma, ","), percent);
      writer.Write(R"(],"computed_quantiles":[)");
    }
    writer.Write(is_first ? "" : ",", R"({"name":)", base::JsonString(walk.name()),
                 R"(,"values":[)");
    WriteJsonQuantiles(totals, writer);
    writer.Write("]}");
    is_first = false;
  }
  if (!is_first) writer.Write("]}}");
}

}  // namespace

void RenderPlain(const Store& store, const Selection& selection, Sink sink) {
  TextWriter writer(sink);
  std::string number;
  for (SeriesWalk walk(store.Groups(), selection, /*wants_histograms=*/false); walk.Next();) {
    if (ReadNumber(walk, selection, number)) writer.Write(walk.name(), ": ", number, "\n");
  }
  Histogram::Totals totals;
  for (SeriesWalk walk(store.Groups(), selection, /*wants_histograms=*/true); walk.Next();) {
    if (!ReadHistogram(walk, selection, totals)) continue;
    writer.Write(walk.name(), ":");
    if (totals.count == 0) writer.Write(" No recorded values");
    for (double percent : kPercents) {
      if (totals.count == 0) break;
      writer.Write(" P", percent, "(nan,", FormatDouble(totals.Quantile(percent / 100)), ")");
    }
    writer.Write("\n");
  }
}

void RenderJson(const Store& store, const Selection& selection, Sink sink) {
  TextWriter writer(sink);
  writer.Write(R"({"stats":[)");
  const char* separator = "";
  std::string number;
  for (SeriesWalk walk(store.Groups(), selection, /*wants_histograms=*/false); walk.Next();) {
    if (!ReadNumber(walk, selection, number)) continue;
    writer.Write(separator, R"({"name":)", base::JsonString(walk.name()), R"(,"value":)", number,
                 "}");
    separator = ",";
  }
  WriteJsonHistograms(store, selection, separator, writer);
  writer.Write("]}");
}

}  // namespace weir::stats
