// Takes out of a message what nobody outside is to see: private keys and their passwords, keys of
// session tickets, written inline. What names a file stays, certificates stay. For what leaves the
// process as bytes; ToJson() shows none of it anyway. Pure functions.
#pragma once

#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace weir::config {

// Whether the field is a DataSource whose inline text is a key.
bool IsSecretField(const google::protobuf::FieldDescriptor& field);

// However deep they are, inside Any and TypedStruct too. What may hold a key and cannot be read,
// because its type is not linked or its bytes are broken, is left out whole. True when anything was
// taken out.
bool Redact(google::protobuf::Message& message);

inline constexpr char kRedacted[] = "[redacted]";

}  // namespace weir::config
