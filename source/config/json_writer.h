// A message → JSON as Envoy's admin shows it: snake_case names, unset fields left out, wrappers as
// bare values. The same message always gives the same text: maps are sorted by key. An Any is
// expanded when its type is linked into this process, else shown with its bytes. Private keys,
// passwords and keys of session tickets are not shown. Never fails.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace weir::config {

class JsonWriter {
 public:
  // Pretty: one member a line, one more space of indentation for each level.
  explicit JsonWriter(bool is_pretty) : is_pretty_(is_pretty) {}

  void WriteMessage(const google::protobuf::Message& message);
  std::string Take() { return std::move(out_); }

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;

  bool WriteOwnForm(const Message& message);
  void WriteFields(const Message& message);
  void WriteField(const Message& message, const Field& field);
  void WriteContent(const Message& message, const Field& field);
  // `index` is -1 for a singular field.
  void WriteValue(const Message& message, const Field& field, int index);
  void WriteEnum(const Message& message, const Field& field, int index);
  void WriteMap(const Message& message, const Field& field);
  void WriteAny(const Message& message);

  void Open(char bracket);
  void Close(char bracket);
  // Before each member: the comma and the new line.
  void Separate();
  void WriteKey(std::string_view key);
  void WriteString(std::string_view text);

  const bool is_pretty_;
  std::string out_;
  int depth_ = 0;
  bool is_first_ = true;
  bool is_secret_ = false;  // inside a field whose content nobody is to see
};

}  // namespace weir::config
