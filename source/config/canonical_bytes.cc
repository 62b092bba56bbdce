#include "source/config/canonical_bytes.h"

#include <memory>
#include <string_view>
#include <vector>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/config/type_urls.h"

namespace weir::config {

namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// No honest configuration is as deep.
constexpr int kMaxAnyDepth = 32;

// Whether there may be an Any in it: the search is quicker than a walk through the fields.
bool MayHoldAny(std::string_view bytes) {
  return bytes.find("type.googleapis.com/") != std::string_view::npos;
}

std::string Serialize(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

void Rewrite(Message& message, int any_depth);

void RewriteAny(Any& any, int any_depth) {
  const auto* type = FindMessageType(TypeNameOf(any.type_url()));
  const std::unique_ptr<Message> content = type == nullptr ? nullptr : NewMessage(*type);
  if (content == nullptr || any_depth == kMaxAnyDepth || !content->ParseFromString(any.value())) {
    return;
  }
  std::string bytes = Serialize(*content);
  if (MayHoldAny(bytes)) {
    Rewrite(*content, any_depth + 1);
    bytes = Serialize(*content);
  }
  any.set_value(std::move(bytes));
}

void Rewrite(Message& message, int any_depth) {
  if (auto* any = google::protobuf::DynamicCastToGenerated<Any>(&message)) {
    return RewriteAny(*any, any_depth);
  }
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      Rewrite(*reflection.MutableMessage(&message, field), any_depth);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      Rewrite(*reflection.MutableRepeatedMessage(&message, field, i), any_depth);
    }
  }
}

}  // namespace

std::string CanonicalBytes(const Message& message) {
  std::string bytes = Serialize(message);
  if (!MayHoldAny(bytes)) return bytes;
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  Rewrite(*copy, 0);
  return Serialize(*copy);
}

}  // namespace weir::config
