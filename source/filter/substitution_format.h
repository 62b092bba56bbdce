// Envoy's command operators, "%REQ(USER-AGENT?X-AGENT):100%": compiled once, filled in for every
// access-log line or header value.
//
// A text is compiled to a list of pieces; filling in walks the list and appends. Values are made
// safe for one line of text: control bytes become \xNN, at most kMaxValueBytes of a value are kept.
// Immutable, shared by workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/arena.h"
#include "source/filter/stream_info.h"
#include "source/routing/route.h"

namespace weir::filter {

class SubstitutionFormat final : public routing::ValueTemplate {
 public:
  static constexpr size_t kMaxValueBytes = 4096;
  // Envoy's default access-log line.
  static const std::string_view kDefaultText;

  // The error names the operator that is wrong and where it stands.
  static absl::StatusOr<std::shared_ptr<const SubstitutionFormat>> Compile(std::string_view text);

  // `unset` stands for what has no value: "-" in logs, nothing in headers.
  void AppendTo(const StreamInfo& info, std::string_view unset, std::string& out) const;

  // A format of one operator and nothing else, whose value is a number or unset (JSON).
  bool is_single_number() const;

  struct Piece;
  ~SubstitutionFormat() override;

 private:
  explicit SubstitutionFormat(std::vector<Piece> pieces);

  std::vector<Piece> pieces_;
};

// For routes' header values: ParseContext::value_template, and what the router calls with it.
absl::StatusOr<std::shared_ptr<const routing::ValueTemplate>> CompileValueTemplate(
    std::string_view text);
std::string_view EvaluateTemplate(const routing::ValueTemplate& value, const StreamInfo& info,
                                  base::Arena& arena);

}  // namespace weir::filter
