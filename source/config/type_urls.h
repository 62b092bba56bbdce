// Type URLs of Any: which message one names, and what to say when Weir has none of that name.
// Pure functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace weir::config {

// "type.googleapis.com/a.b.C" → "a.b.C". Empty when there is no slash.
std::string_view TypeNameOf(std::string_view type_url);
// "a.b.C" → "type.googleapis.com/a.b.C".
std::string MakeTypeUrl(std::string_view type_name);

// The descriptor of a message that is linked into this process, or null.
const google::protobuf::Descriptor* FindMessageType(std::string_view type_name);
std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type);

// Whether the name is that of one of the two TypedStruct messages.
bool IsTypedStruct(std::string_view type_name);
// The TypedStruct in `any` in its present form. False when it holds none or broken bytes.
struct TypedStructContent {
  std::string type_url;
  google::protobuf::Struct value;
};
bool UnpackTypedStruct(const google::protobuf::Any& any, TypedStructContent& content);

// Why `type_url` names nothing here: malformed, of an API version that is gone, known to Envoy
// only, or unknown anywhere. For a fault's text.
std::string ExplainUnknownType(std::string_view type_url);

}  // namespace weir::config
