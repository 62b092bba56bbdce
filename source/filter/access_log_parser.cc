#include "source/filter/access_log_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "source/filter/grpc_outcome.h"
#include "source/filter/registry.h"
#include "source/routing/request_matcher.h"

namespace weir::filter {

namespace {

namespace v3 = envoy::config::accesslog::v3;
using config::Faults;
using FilterPtr = std::shared_ptr<const AccessLogFilter>;

struct Comparison {
  v3::ComparisonFilter::Op op = v3::ComparisonFilter::EQ;
  uint64_t value = 0;

  bool Holds(uint64_t actual) const {
    switch (op) {
      case v3::ComparisonFilter::GE:
        return actual >= value;
      case v3::ComparisonFilter::LE:
        return actual <= value;
      case v3::ComparisonFilter::NE:
        return actual != value;
      default:
        return actual == value;
    }
  }
};

// The runtime key is not looked up: there is no runtime layer, so the default is the value.
Comparison ParseComparison(const v3::ComparisonFilter& proto) {
  return {proto.op(), proto.value().default_value()};
}

class StatusFilter final : public AccessLogFilter {
 public:
  explicit StatusFilter(Comparison comparison) : comparison_(comparison) {}
  bool Admits(const StreamInfo& info) const override {
    return comparison_.Holds(static_cast<uint64_t>(info.response_code));
  }

 private:
  const Comparison comparison_;
};

class DurationFilter final : public AccessLogFilter {
 public:
  explicit DurationFilter(Comparison comparison) : comparison_(comparison) {}
  bool Admits(const StreamInfo& info) const override {
    const int64_t duration_ns = info.DurationNs();
    return duration_ns >= 0 && comparison_.Holds(static_cast<uint64_t>(duration_ns) / 1'000'000);
  }

 private:
  const Comparison comparison_;
};

class FlagFilter final : public AccessLogFilter {
 public:
  explicit FlagFilter(std::vector<ResponseFlag> flags) : flags_(std::move(flags)) {}
  // Without a list: any flag.
  bool Admits(const StreamInfo& info) const override {
    if (flags_.empty()) return !info.flags.empty();
    return std::any_of(flags_.begin(), flags_.end(),
                       [&info](ResponseFlag flag) { return info.flags.Has(flag); });
  }

 private:
  const std::vector<ResponseFlag> flags_;
};

class HeaderFilter final : public AccessLogFilter {
 public:
  explicit HeaderFilter(routing::HeaderMatcher matcher) : matcher_(std::move(matcher)) {}
  bool Admits(const StreamInfo& info) const override {
    return info.request != nullptr && matcher_.Matches(*info.request);
  }

 private:
  const routing::HeaderMatcher matcher_;
};

class GrpcStatusFilter final : public AccessLogFilter {
 public:
  explicit GrpcStatusFilter(const v3::GrpcStatusFilter& proto) : excludes_(proto.exclude()) {
    for (const int status : proto.statuses()) statuses_ |= 1u << status;
  }
  bool Admits(const StreamInfo& info) const override {
    const auto status = GrpcStatusOf(info).value_or(http::GrpcStatus::kUnknown);
    return ((statuses_ >> static_cast<int>(status)) & 1u) != (excludes_ ? 1u : 0u);
  }

 private:
  uint32_t statuses_ = 0;  // bits
  const bool excludes_;
};

// Not what somebody sent to find out how this proxy is.
class NoHealthCheckFilter final : public AccessLogFilter {
 public:
  bool Admits(const StreamInfo& info) const override { return !info.is_health_check; }
};

// All of several, or any.
class GroupFilter final : public AccessLogFilter {
 public:
  GroupFilter(std::vector<FilterPtr> members, bool needs_all)
      : members_(std::move(members)), needs_all_(needs_all) {}
  bool Admits(const StreamInfo& info) const override {
    for (const FilterPtr& member : members_) {
      if (member->Admits(info) != needs_all_) return !needs_all_;
    }
    return needs_all_;
  }

 private:
  const std::vector<FilterPtr> members_;
  const bool needs_all_;
};

FilterPtr ParseFilter(const v3::AccessLogFilter& proto, Faults& faults);

template <class Group>
FilterPtr ParseGroup(const Group& group, bool needs_all, Faults& faults) {
  std::vector<FilterPtr> members;
  for (int i = 0; i < group.filters_size(); ++i) {
    Faults::Scope scope(faults, "filters", i);
    members.push_back(ParseFilter(group.filters(i), faults));
  }
  return std::make_shared<GroupFilter>(std::move(members), needs_all);
}

FilterPtr ParseFlags(const v3::ResponseFlagFilter& proto, Faults& faults) {
  std::vector<ResponseFlag> flags;
  for (int i = 0; i < proto.flags_size(); ++i) {
    ResponseFlag flag;
    if (ParseResponseFlag(proto.flags(i), flag)) {
      flags.push_back(flag);
      continue;
    }
    Faults::Scope scope(faults, "flags", i);
    faults.Add("", absl::StrCat("\"", proto.flags(i), "\" is no response flag that occurs here"));
  }
  return std::make_shared<FlagFilter>(std::move(flags));
}

FilterPtr ParseFilter(const v3::AccessLogFilter& proto, Faults& faults) {
  switch (proto.filter_specifier_case()) {
    case v3::AccessLogFilter::kStatusCodeFilter:
      return std::make_shared<StatusFilter>(
          ParseComparison(proto.status_code_filter().comparison()));
    case v3::AccessLogFilter::kDurationFilter:
      return std::make_shared<DurationFilter>(
          ParseComparison(proto.duration_filter().comparison()));
    case v3::AccessLogFilter::kNotHealthCheckFilter:
      return std::make_shared<NoHealthCheckFilter>();
    case v3::AccessLogFilter::kAndFilter: {
      Faults::Scope scope(faults, "and_filter");
      return ParseGroup(proto.and_filter(), true, faults);
    }
    case v3::AccessLogFilter::kOrFilter: {
      Faults::Scope scope(faults, "or_filter");
      return ParseGroup(proto.or_filter(), false, faults);
    }
    case v3::AccessLogFilter::kHeaderFilter: {
      Faults::Scope scope(faults, "header_filter");
      Faults::Scope header(faults, "header");
      return std::make_shared<HeaderFilter>(
          routing::ParseHeaderMatcher(proto.header_filter().header(), faults));
    }
    case v3::AccessLogFilter::kResponseFlagFilter: {
      Faults::Scope scope(faults, "response_flag_filter");
      return ParseFlags(proto.response_flag_filter(), faults);
    }
    case v3::AccessLogFilter::kGrpcStatusFilter:
      return std::make_shared<GrpcStatusFilter>(proto.grpc_status_filter());
    default:
      faults.Add("", "names no filter");
      return nullptr;
  }
}

}  // namespace

AccessLogs ParseAccessLogs(const google::protobuf::RepeatedPtrField<v3::AccessLog>& protos,
                           const FactoryContext& context, Faults& faults) {
  AccessLogs logs;
  for (int i = 0; i < protos.size(); ++i) {
    Faults::Scope scope(faults, "access_log", i);
    AccessLogs::Entry entry;
    if (protos[i].has_filter()) {
      Faults::Scope field(faults, "filter");
      entry.filter = ParseFilter(protos[i].filter(), faults);
    }
    const AccessLoggerFactory* factory =
        context.registry.FindAccessLogger(protos[i].typed_config(), faults);
    if (factory == nullptr) continue;
    Faults::Scope field(faults, "typed_config");
    entry.logger = factory->Parse(protos[i].typed_config(), context, faults);
    if (entry.logger != nullptr) logs.Add(std::move(entry));
  }
  return logs;
}

}  // namespace weir::filter
