// A message as bytes that are the same for messages that say the same, whoever serialised them:
// maps by their keys, fields in the order of their numbers, within Any too, which holds whatever
// bytes its sender made. What of an Any cannot be read stays as it is. Pure; bytes of one build
// only.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace weir::config {

std::string CanonicalBytes(const google::protobuf::Message& message);

}  // namespace weir::config
