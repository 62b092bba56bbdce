// The text of a SubstitutionFormat → its pieces. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/filter/substitution_format.h"
#include "source/filter/substitution_operators.h"

namespace weir::filter {

struct SubstitutionFormat::Piece {
  std::string text;  // literal, when there is no operator
  const Operator* op = nullptr;
  OperatorArguments arguments;
  bool is_credential = false;  // not to be written to a log
};

absl::StatusOr<std::vector<SubstitutionFormat::Piece>> CompilePieces(std::string_view text);

}  // namespace weir::filter
