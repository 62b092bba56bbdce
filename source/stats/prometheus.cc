#include "source/stats/prometheus.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "source/stats/text_writer.h"

namespace weir::stats {
namespace {

// Upper bounds, in the unit of the histogram (mostly milliseconds).
constexpr double kBounds[] = {0.5,   1,      5,      10,      25,     50,    100,
                              250,   500,    1000,   2500,    5000,   10000, 30000,
                              60000, 300000, 600000, 1800000, 3600000};

using GroupPtr = std::shared_ptr<const AnyGroup>;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendSanitized(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool is_valid =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
    out += is_valid ? c : '_';
  }
}

std::string LabelName(std::string_view name) {
  std::string label;
  if (name.empty() || IsDigit(name[0])) label = "_";
  AppendSanitized(label, name);
  return label;
}

void AppendLabelValue(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

// One field of a stats struct as Prometheus sees it.
struct Field {
  std::string family;  // without the group's prefix
  std::string label;   // e.g. envoy_response_code_class="5"
  const Metric* metric;
};

Field FieldOf(const Metric& metric) {
  const std::string_view name = metric.name;
  std::string_view family = name;
  std::string label;
  const size_t tail = name.size() < 4 ? 0 : name.size() - 4;
  if (name.size() > 6 && name.substr(tail - 3, 4) == "_rq_" && IsDigit(name[tail + 1])) {
    const std::string_view code = name.substr(tail + 1);
    if (code.substr(1) == "xx") {
      label = base::StrCat("envoy_response_code_class=\"", code.substr(0, 1), "\"");
      family = name.substr(0, tail);
    } else if (IsDigit(code[1]) && IsDigit(code[2])) {
      label = base::StrCat("envoy_response_code=\"", code, "\"");
      family = name.substr(0, tail);
    }
  }
  std::string sanitized;
  AppendSanitized(sanitized, family);
  if (label.starts_with("envoy_response_code_class")) sanitized += "_xx";
  return {std::move(sanitized), std::move(label), &metric};
}

using Fields = std::vector<Field>;

Fields FieldsOf(absl::Span<const Metric> metrics, const Selection& selection) {
  Fields fields;
  for (const Metric& metric : metrics) {
    if (selection.kind.has_value() && *selection.kind != metric.kind) continue;
    fields.push_back(FieldOf(metric));
  }
  std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
    return std::tie(a.family, a.label) < std::tie(b.family, b.label);
  });
  return fields;
}

// Groups that differ in their tags only: one struct under one tagless prefix. Walks its families.
struct Class {
  const GroupPtr* begin;
  const GroupPtr* end;
  const Fields* fields;
  size_t next = 0;  // the first field of the family
  std::string family;

  bool is_exhausted() const { return next == fields->size(); }
  size_t family_end() const {
    size_t end = next;
    while (end < fields->size() && (*fields)[end].family == (*fields)[next].family) ++end;
    return end;
  }
  void NameFamily() {
    family.assign("envoy_");
    AppendSanitized(family, (*begin)->tagless_prefix());
    base::StrAppend(&family, "_", (*fields)[next].family);
  }
};

class PrometheusReport {
 public:
  PrometheusReport(const Store& store, const Selection& selection, Sink sink)
      : selection_(selection), writer_(sink), groups_(store.Groups()) {}

  void Render() {
    MakeClasses();
    auto is_after = [](const Class& a, const Class& b) { return a.family > b.family; };
    std::make_heap(classes_.begin(), classes_.end(), is_after);
    while (!classes_.empty() && !selection_.is_over()) {
      // Families of one name from different structs follow one another: one TYPE line for all.
      if (classes_.front().family != family_) {
        family_ = classes_.front().family;
        has_type_line_ = false;
      }
      std::pop_heap(classes_.begin(), classes_.end(), is_after);
      Class& current = classes_.back();
      WriteFamily(current);
      current.next = current.family_end();
      if (current.is_exhausted()) {
        classes_.pop_back();
      } else {
        current.NameFamily();
        std::push_heap(classes_.begin(), classes_.end(), is_after);
      }
    }
  }

 private:
  void MakeClasses();
  void WriteFamily(const Class& group_class);
  void WriteSeries(const AnyGroup& group, const Field& field);
  void WriteHistogram(const Histogram::Totals& totals);
  void WriteSample(std::string_view suffix, std::string_view extra_label, uint64_t value);
  void WriteTypeLine(Kind kind);
  void MakeLabels(const AnyGroup& group, const Field& field);
  bool IsAccepted(const AnyGroup& group, const Metric& metric);

  const Selection& selection_;
  TextWriter writer_;
  std::vector<GroupPtr> groups_;
  absl::flat_hash_map<const Metric*, std::unique_ptr<Fields>> fields_;
  std::vector<Class> classes_;  // a heap: the least family on top
  std::string family_;
  bool has_type_line_ = false;
  std::string labels_;  // of the series at hand
  std::string name_;    // its full name, for the selection
};

void PrometheusReport::MakeClasses() {
  auto class_key = [](const GroupPtr& group) {
    return std::make_pair(group->metrics().data(), group->tagless_prefix());
  };
  std::sort(groups_.begin(), groups_.end(), [&](const GroupPtr& a, const GroupPtr& b) {
    const auto key_a = class_key(a), key_b = class_key(b);
    return key_a != key_b ? key_a < key_b : a->prefix() < b->prefix();
  });
  const GroupPtr* const end = groups_.data() + groups_.size();
  for (const GroupPtr* first = groups_.data(); first != end;) {
    const GroupPtr* last = first + 1;
    while (last != end && class_key(*last) == class_key(*first)) ++last;
    std::unique_ptr<Fields>& fields = fields_[(*first)->metrics().data()];
    if (fields == nullptr) {
      fields = std::make_unique<Fields>(FieldsOf((*first)->metrics(), selection_));
    }
    if (!fields->empty()) {
      classes_.push_back({first, last, fields.get(), 0, {}});
      classes_.back().NameFamily();
    }
    first = last;
  }
}

void PrometheusReport::WriteFamily(const Class& group_class) {
  const size_t fields_end = group_class.family_end();
  for (const GroupPtr* group = group_class.begin; group != group_class.end; ++group) {
    if (selection_.is_over()) return;
    if (selection_.used_only && !(*group)->is_used()) continue;
    for (size_t i = group_class.next; i < fields_end; ++i) {
      const Field& field = (*group_class.fields)[i];
      if (IsAccepted(**group, *field.metric)) WriteSeries(**group, field);
    }
  }
}

bool PrometheusReport::IsAccepted(const AnyGroup& group, const Metric& metric) {
  if (!selection_.accepts) return true;
  name_.clear();
  base::StrAppend(&name_, group.prefix(), ".", metric.name);
  return selection_.accepts(name_);
}

void PrometheusReport::WriteSeries(const AnyGroup& group, const Field& field) {
  const Metric& metric = *field.metric;
  switch (metric.kind) {
    case Kind::kCounter: {
      const uint64_t value = group.CounterValue(metric);
      if (value == 0 && selection_.used_only) return;
      MakeLabels(group, field);
      WriteTypeLine(metric.kind);
      return WriteSample("", "", value);
    }
    case Kind::kGauge: {
      const int64_t value = group.GaugeValue(metric);
      MakeLabels(group, field);
      WriteTypeLine(metric.kind);
      writer_.Write(family_, "{", labels_, "} ", value, "\n");
      return;
    }
    case Kind::kHistogram: {
      const Histogram::Totals totals = group.HistogramTotals(metric);
      if (totals.count == 0 && selection_.used_only) return;
      MakeLabels(group, field);
      WriteTypeLine(metric.kind);
      return WriteHistogram(totals);
    }
  }
}

void PrometheusReport::WriteHistogram(const Histogram::Totals& totals) {
  for (double bound : kBounds) {
    WriteSample("_bucket", base::StrCat("le=\"", FormatDouble(bound), "\""),
                totals.CountUpTo(bound));
  }
  WriteSample("_bucket", "le=\"+Inf\"", totals.count);
  WriteSample("_sum", "", totals.sum);
  WriteSample("_count", "", totals.count);
}

void PrometheusReport::WriteSample(std::string_view suffix, std::string_view extra_label,
                                   uint64_t value) {
  const std::string_view comma = labels_.empty() || extra_label.empty() ? "" : ",";
  writer_.Write(family_, suffix, "{", labels_, comma, extra_label, "} ", value, "\n");
}

void PrometheusReport::WriteTypeLine(Kind kind) {
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  if (has_type_line_) return;
  has_type_line_ = true;
  writer_.Write("# TYPE ", family_, " ", kTypes[static_cast<size_t>(kind)], "\n");
}

void PrometheusReport::MakeLabels(const AnyGroup& group, const Field& field) {
  labels_ = field.label;
  for (size_t i = 0; i < group.labels().tag_count(); ++i) {
    const TagView tag = group.labels().tag(i);
    if (!labels_.empty()) labels_ += ',';
    base::StrAppend(&labels_, LabelName(tag.name), "=\"");
    AppendLabelValue(labels_, tag.value);
    labels_ += '"';
  }
}

}  // namespace

void RenderPrometheus(const Store& store, const Selection& selection, Sink sink) {
  PrometheusReport(store, selection, sink).Render();
}

}  // namespace weir::stats
