// Trees of text → the well-known messages that have a form of their own in JSON: Duration,
// Timestamp, Struct, Value, ListValue. Each answers what is wrong, or "". Pure functions.
#pragma once

#include <string>

#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "source/config/text_document.h"

namespace weir::config {

// Whether ReadWellKnown fills messages of this type.
bool IsWellKnown(const google::protobuf::Descriptor& type);
// Requires IsWellKnown.
std::string ReadWellKnown(const TextNode& node, google::protobuf::Message& into);

std::string ReadStruct(const TextNode& node, google::protobuf::Struct& into);
// Scalars without quotes become numbers, switches or null where they look so, as in Envoy.
std::string ReadValue(const TextNode& node, google::protobuf::Value& into);

}  // namespace weir::config
