// Parses single fields of configuration messages, each with the checks that the field's meaning
// asks for beyond the rules beside it. Every function adds a fault and returns something harmless
// when the field is wrong. Main thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "source/config/faults.h"

namespace google::protobuf {
class Duration;
}
namespace envoy::config::core::v3 {
class DataSource;
}

namespace weir::routing {

// Not negative.
absl::Duration ParseDuration(const google::protobuf::Duration& proto, std::string_view field,
                             config::Faults& faults);

// Holds no byte that could end a header line or is otherwise not allowed in a field value
// (RFC 9110 §5.5).
std::string ParseHeaderValue(const std::string& value, std::string_view field,
                             config::Faults& faults);

// A token (RFC 9110 §5.6.2), in lower case.
std::string ParseHeaderName(const std::string& name, std::string_view field,
                            config::Faults& faults);

// The same, or a pseudo-header's name: ":path".
std::string ParseFieldName(const std::string& name, std::string_view field, config::Faults& faults);

// What goes into a URL's scheme, authority or path: no space or control byte either.
std::string ParseUrlPart(const std::string& text, std::string_view field, config::Faults& faults);

// The bytes of a file, an environment variable or the configuration itself. Blocks on the file.
std::string ParseDataSource(const envoy::config::core::v3::DataSource& proto, size_t max_bytes,
                            config::Faults& faults);

}  // namespace weir::routing
