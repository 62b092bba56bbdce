// SubstitutionFormatString and Struct (protobuf) → LogFormat. Main thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "source/config/faults.h"
#include "source/filter/log_format.h"

namespace google::protobuf {
class Struct;
}
namespace envoy::config::core::v3 {
class SubstitutionFormatString;
}

namespace weir::filter {

// Null exactly when faults were added.
std::shared_ptr<const LogFormat> ParseLogFormat(
    const envoy::config::core::v3::SubstitutionFormatString& proto, config::Faults& faults);
// The older fields of FileAccessLog; `field` is theirs.
std::shared_ptr<const LogFormat> ParseTextFormat(const std::string& text, std::string_view field,
                                                 bool omits_empty, config::Faults& faults);
std::shared_ptr<const LogFormat> ParseJsonFormat(const google::protobuf::Struct& proto,
                                                 std::string_view field, bool omits_empty,
                                                 config::Faults& faults);

}  // namespace weir::filter
