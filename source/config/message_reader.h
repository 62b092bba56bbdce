// A text's tree → a message, by the message's descriptor and nothing else.
//
// Keys in snake_case or lowerCamelCase, enum values by name in any case or by number, wrappers as
// bare values, durations as "1.5s" or {seconds, nanos}, Any by "@type", with a TypedStruct turned
// into the message it names. Goes on after a fault, so that one reading lists them all. Not
// thread-safe; holds no state between readings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "source/config/faults.h"
#include "source/config/field_path.h"
#include "source/config/text_document.h"
#include "validate/validate.pb.h"

namespace weir::config {

struct ReadOptions {
  bool allow_unsupported = false;
  // The text came from a control plane: fields that may safely be ignored are.
  bool is_dynamic = false;
};

class MessageReader {
 public:
  MessageReader(Faults& faults, ReadOptions options) : faults_(faults), options_(options) {}

  void Read(const TextNode& node, google::protobuf::Message& into, const FieldPath& path);

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  // A field to fill. Null `rules`: only its type limits what it holds.
  struct Slot {
    Message& message;
    const Field& field;
    const validate::FieldRules* rules;
  };

  void ReadFields(const TextNode& node, Message& into, const FieldPath& path);
  void ReportUnknown(const TextNode::Entry& entry, const Message& into, const FieldPath& path);
  void ReadField(const TextNode& node, Message& into, const Field& field, const FieldPath& path);
  void ReadList(const TextNode& node, Message& into, const Field& field, const FieldPath& path);
  void ReadMap(const TextNode& node, Message& into, const Field& field, const FieldPath& path);
  void ReadAny(const TextNode& node, Message& any, const FieldPath& path);
  void PackAny(const TextNode& node, const std::string& type_url, Message& any,
               const FieldPath& path);
  void KeepUnknownType(const TextNode& node, const std::string& type_url, Message& any,
                       const FieldPath& path);
  void ReadWrapper(const TextNode& node, Message& into, const validate::FieldRules* rules,
                   const FieldPath& path);

  // Sets the field, or appends to it when it is repeated. False when a fault was added.
  bool ReadScalar(const TextNode& node, const Slot& slot, const FieldPath& path);
  bool ReadInteger(const TextNode& node, const Slot& slot, const FieldPath& path);
  bool ReadDouble(const TextNode& node, const Slot& slot, const FieldPath& path);
  bool ReadBool(const TextNode& node, const Slot& slot, const FieldPath& path);
  bool ReadEnum(const TextNode& node, const Slot& slot, const FieldPath& path);
  bool ReadString(const TextNode& node, const Slot& slot, const FieldPath& path);

  bool Fail(const FieldPath& path, std::string text) {
    faults_.Add(path.ToString(), std::move(text));
    return false;
  }

  Faults& faults_;
  const ReadOptions options_;
  // The innermost message says is_optional: an extension that is unknown here is left out.
  bool is_optional_ = false;
};

}  // namespace weir::config
