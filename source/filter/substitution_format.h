// Envoy's command operators, "%REQ(USER-AGENT?X-AGENT):100%": compiled once, filled in for every
// access-log line or header value.
//
// A text is compiled to a list of pieces; filling in walks the list and appends. At most
// kMaxValueBytes of a value are kept, control bytes become \xNN, and credentials (Authorization,
// Cookie, Set-Cookie and the like) are not written to logs. Immutable, shared by workers.
//
//   format ::= (literal | "%%" | "%" NAME ["(" argument ")"] [":" max_bytes] "%")*
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

  // The error names what is wrong and where it stands.
  static absl::StatusOr<std::shared_ptr<const SubstitutionFormat>> Compile(std::string_view text);
  ~SubstitutionFormat() override;

  // For a line of text. `unset` stands for what has no value: "-" as a rule.
  void AppendText(const StreamInfo& info, std::string_view unset, std::string& out) const;
  // For a header's value: what has no value is left out, credentials are not.
  void AppendHeaderValue(const StreamInfo& info, std::string& out) const;
  // As a JSON value: one operator alone is a number or a string, and false, with nothing appended,
  // when it has no value; everything else is a string in which "-" stands for what has none.
  bool AppendJson(const StreamInfo& info, std::string& out) const;

  struct Piece;

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
