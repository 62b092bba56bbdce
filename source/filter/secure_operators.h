// The command operators about TLS on both sides: what the client asked for, what was agreed on, and
// whose certificates were shown. Part of substitution_operators; immutable, thread-safe.
#pragma once

#include "absl/types/span.h"
#include "source/filter/substitution_operators.h"

namespace weir::filter {

absl::Span<const Operator> SecureOperators();

}  // namespace weir::filter
