// Text and wire bytes → protobuf messages, checked: the only road configuration takes.
//
// YAML or JSON (a subset of YAML) is read against the message's descriptor: snake_case and
// camelCase keys, enum names in any case, durations as "1.5s", Any with "@type", TypedStruct
// turned into the message it names. Every fault is collected, unknown keys with "did you mean";
// a key that Envoy has and Weir does not says so. Then the rules beside the fields
// (validate.rules) are enforced. Thread-safe: no state.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "source/config/faults.h"

namespace weir::config {

struct LoadOptions {
  // Fields of Envoy's API that Weir does not implement become ignored() entries, not faults.
  bool allow_unsupported = false;
  // What faults call the text, where it is not the file of the Faults: "--config-yaml".
  std::string source_name = {};
};

// Parses, fills `into`, validates. False when faults were added; `into` is then not to be used.
bool LoadText(std::string_view text, google::protobuf::Message& into, Faults& faults,
              const LoadOptions& options = {});
// Merges `overlay` over what `into` holds, as --config-yaml does over -c.
bool MergeText(std::string_view text, google::protobuf::Message& into, Faults& faults,
               const LoadOptions& options = {});

// Unpacks an Any (or the TypedStruct in it) as exactly T, reports unknown fields inside it by the
// policy for dynamic configuration (design: harmless ones ignored(), the others faults), validates.
bool Unpack(const google::protobuf::Any& any, google::protobuf::Message& into, Faults& faults,
            const LoadOptions& options = {});
// Same, for the bare bytes of a T.
bool Decode(std::string_view bytes, google::protobuf::Message& into, Faults& faults,
            const LoadOptions& options = {});
// Same, for a message already decoded from the wire.
bool CheckMessage(const google::protobuf::Message& message, Faults& faults,
                  const LoadOptions& options = {});
// The type URL a typed_config names: the Any's own, or that of the TypedStruct inside it.
std::string TypeUrlOf(const google::protobuf::Any& any);

// Deterministic JSON of a message, snake_case names, for dumps. Any is expanded when known.
std::string ToJson(const google::protobuf::Message& message, bool pretty = true);

}  // namespace weir::config
