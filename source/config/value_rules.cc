#include "source/config/value_rules.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_join.h"
#include "re2/re2.h"
#include "source/base/strings.h"
#include "source/base/utf8.h"
#include "source/config/envoy_fields.h"
#include "source/config/scalar_text.h"
#include "source/config/suggest.h"

namespace weir::config {

namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;

template <class T>
IntegerRange TypeRange() {
  return {absl::int128(std::numeric_limits<T>::min()), absl::int128(std::numeric_limits<T>::max())};
}

template <class Rules>
void Narrow(IntegerRange& range, const Rules& rules) {
  if (rules.has_gt()) range.min = absl::int128(rules.gt()) + 1;
  if (rules.has_gte()) range.min = absl::int128(rules.gte());
  if (rules.has_lt()) range.max = absl::int128(rules.lt()) - 1;
  if (rules.has_lte()) range.max = absl::int128(rules.lte());
}

// "(0s or more)", "(more than 0s)", "(0.001s to 300s)": of bounds that may be left out.
std::string DescribeBounds(const std::string& low, bool low_is_inside, const std::string& high,
                           bool high_is_inside) {
  const std::string from = absl::StrCat(low_is_inside ? "" : "more than ", low);
  if (high.empty()) return absl::StrCat("(", from, low_is_inside ? " or more)" : ")");
  const std::string to = absl::StrCat(high_is_inside ? "" : "less than ", high);
  return low.empty() ? absl::StrCat("(", to, high_is_inside ? " or less)" : ")")
                     : absl::StrCat("(", from, " to ", to, ")");
}

std::string OutOfRange(const std::string& value, const std::string& bounds) {
  return absl::StrCat("value ", value, " is out of range ", bounds);
}

// What the strict forms allow: a token after an optional colon (RFC 9110 §5.1), and anything but
// control characters other than tab. The others allow all but NUL, CR and LF.
bool IsHeaderText(std::string_view value, const validate::StringRules& rules) {
  const bool is_name = rules.well_known_regex() == validate::HTTP_HEADER_NAME;
  if (!rules.strict()) return value.find_first_of(std::string_view("\0\r\n", 3)) == value.npos;
  if (!is_name) {
    return std::none_of(value.begin(), value.end(),
                        [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
  }
  if (!value.empty() && value.front() == ':') value.remove_prefix(1);
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !value.empty() && std::all_of(value.begin(), value.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kSigns.find(static_cast<char>(c)) != kSigns.npos;
  });
}

std::string CheckLength(uint64_t length, std::string_view unit, uint64_t min, uint64_t max) {
  if (length < min) {
    return length == 0 && min == 1
               ? std::string("must not be empty")
               : base::StrCat("has ", length, " ", unit, ", must have at least ", min);
  }
  if (length > max) return base::StrCat("has ", length, " ", unit, ", may have at most ", max);
  return {};
}

}  // namespace

IntegerRange RangeOf(FieldDescriptor::CppType type, const validate::FieldRules* rules) {
  IntegerRange range = type == FieldDescriptor::CPPTYPE_INT32    ? TypeRange<int32_t>()
                       : type == FieldDescriptor::CPPTYPE_INT64  ? TypeRange<int64_t>()
                       : type == FieldDescriptor::CPPTYPE_UINT32 ? TypeRange<uint32_t>()
                                                                 : TypeRange<uint64_t>();
  if (rules == nullptr) return range;
  if (rules->has_uint32()) Narrow(range, rules->uint32());
  if (rules->has_uint64()) Narrow(range, rules->uint64());
  return range;
}

std::string CheckInteger(absl::int128 value, const IntegerRange& range) {
  if (value >= range.min && value <= range.max) return {};
  const bool is_bounded = range.max < absl::int128(std::numeric_limits<int64_t>::max());
  return OutOfRange(FormatInteger(value),
                    DescribeBounds(FormatInteger(range.min), true,
                                   is_bounded ? FormatInteger(range.max) : std::string(), true));
}

const validate::FieldRules* RulesOf(const FieldDescriptor& field) {
  const auto& options = field.options();
  return options.HasExtension(validate::rules) ? &options.GetExtension(validate::rules) : nullptr;
}

ValueRules::ValueRules(const validate::FieldRules* rules) : rules_(rules) {
  if (rules != nullptr && rules->string().has_pattern()) {
    pattern_ = std::make_unique<re2::RE2>(rules->string().pattern(), re2::RE2::Quiet);
  }
}
ValueRules::~ValueRules() = default;
ValueRules::ValueRules(ValueRules&&) noexcept = default;

std::string ValueRules::CheckDouble(double value) const {
  if (!(value >= std::numeric_limits<double>::lowest() &&
        value <= std::numeric_limits<double>::max())) {
    return "must be a finite number";
  }
  if (rules_ == nullptr || !rules_->has_double_()) return {};
  const validate::DoubleRules& rules = rules_->double_();
  const bool is_low =
      (rules.has_gt() && value <= rules.gt()) || (rules.has_gte() && value < rules.gte());
  const bool is_high =
      (rules.has_lt() && value >= rules.lt()) || (rules.has_lte() && value > rules.lte());
  if (!is_low && !is_high) return {};
  const auto text = [](bool has, double bound) { return has ? FormatDouble(bound) : ""; };
  const std::string low =
      rules.has_gt() ? FormatDouble(rules.gt()) : text(rules.has_gte(), rules.gte());
  const std::string high =
      rules.has_lt() ? FormatDouble(rules.lt()) : text(rules.has_lte(), rules.lte());
  return OutOfRange(FormatDouble(value),
                    DescribeBounds(low, !rules.has_gt(), high, !rules.has_lt()));
}

std::string ValueRules::CheckString(std::string_view value) const {
  if (rules_ == nullptr || !rules_->has_string()) return {};
  const validate::StringRules& rules = rules_->string();
  if (rules.ignore_empty() && value.empty()) return {};
  if (rules.has_min_len()) {
    std::string fault = CheckLength(base::CountCharacters(value), "characters", rules.min_len(),
                                    std::numeric_limits<uint64_t>::max());
    if (!fault.empty()) return fault;
  }
  if (rules.has_max_bytes() && value.size() > rules.max_bytes()) {
    return CheckLength(value.size(), "bytes", 0, rules.max_bytes());
  }
  if (pattern_ != nullptr &&
      !re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *pattern_)) {
    return absl::StrCat(Quote(value), " does not match ", rules.pattern());
  }
  if (rules.in_size() > 0 &&
      std::find(rules.in().begin(), rules.in().end(), value) == rules.in().end()) {
    const std::vector<std::string_view> known(rules.in().begin(), rules.in().end());
    return absl::StrCat(Quote(value), " is not one of ", absl::StrJoin(rules.in(), ", "),
                        DidYouMean(value, known));
  }
  if (rules.has_well_known_regex() && !IsHeaderText(value, rules)) {
    const bool is_name = rules.well_known_regex() == validate::HTTP_HEADER_NAME;
    return absl::StrCat(Quote(value), " may not stand in a header's ", is_name ? "name" : "value");
  }
  return {};
}

std::string ValueRules::CheckBytes(std::string_view value) const {
  if (rules_ == nullptr || !rules_->has_bytes()) return {};
  const validate::BytesRules& rules = rules_->bytes();
  return CheckLength(value.size(), "bytes", rules.min_len(),
                     rules.has_max_len() ? rules.max_len() : std::numeric_limits<uint64_t>::max());
}

std::string ValueRules::CheckEnum(const google::protobuf::EnumDescriptor& type, int number) const {
  if (type.FindValueByNumber(number) == nullptr) {
    const std::string_view name = envoy_fields::NameOf(type.full_name(), number);
    return name.empty() ? absl::StrCat("value ", number, " is not one of ", type.full_name())
                        : base::StrCat(name, " is known to Envoy, not implemented by Weir");
  }
  if (rules_ == nullptr) return {};
  const auto& refused = rules_->enum_().not_in();
  if (std::find(refused.begin(), refused.end(), number) == refused.end()) return {};
  return absl::StrCat(type.FindValueByNumber(number)->name(), " may not be used here");
}

std::string ValueRules::CheckDuration(const Duration& value) const {
  if (!IsValidDuration(value)) return "is not a valid duration";
  const validate::DurationRules& rules =
      rules_ == nullptr ? validate::DurationRules::default_instance() : rules_->duration();
  const Duration& low = rules.has_gt() ? rules.gt() : rules.gte();
  const Duration& high = rules.has_lt() ? rules.lt() : rules.lte();
  const bool has_high = rules.has_lt() || rules.has_lte();
  const int to_low = CompareDurations(value, low);
  const int to_high = has_high ? CompareDurations(value, high) : -1;
  const bool is_inside = (rules.has_gt() ? to_low > 0 : to_low >= 0) &&
                         (rules.has_lt() || !has_high ? to_high < 0 : to_high <= 0);
  if (is_inside) return {};
  return OutOfRange(FormatDuration(value),
                    DescribeBounds(FormatDuration(low), !rules.has_gt(),
                                   has_high ? FormatDuration(high) : "", !rules.has_lt()));
}

}  // namespace weir::config
