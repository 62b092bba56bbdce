// The values that a request has for a header that configuration names: fields, and what stands in
// the head itself (":path", Host, the length). Pure function.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/http/message.h"

namespace weir::routing {

// Calls visit(value) for each value of the header until it returns true; `found` says whether
// there was one. `name` is lower case and `id` its id. Values are valid during the call.
bool AnyHeaderValue(const http::RequestHead& head, http::HeaderId id, std::string_view name,
                    bool& found, absl::FunctionRef<bool(std::string_view)> visit);

}  // namespace weir::routing
