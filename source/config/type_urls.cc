#include "source/config/type_urls.h"

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "source/base/strings.h"
#include "source/config/envoy_fields.h"
#include "source/config/suggest.h"
#include "udpa/type/v1/typed_struct.pb.h"
#include "xds/type/v3/typed_struct.pb.h"

namespace weir::config {

namespace {

constexpr std::string_view kPrefix = "type.googleapis.com/";

// Whether the package is of an API before v3: "envoy.api.v2.Cluster", "envoy.….v2alpha.X".
bool IsOldVersion(std::string_view type_name) {
  if (type_name.substr(0, 6) != "envoy.") return false;
  for (const std::string_view version : {".v1.", ".v2.", ".v1alpha", ".v2alpha", ".v1beta"}) {
    if (type_name.find(version) != std::string_view::npos) return true;
  }
  return false;
}

// The only v3 message of the same own name, or "" when there are none or several.
std::string_view SuccessorOf(std::string_view type_name) {
  const std::string own_name(type_name.substr(type_name.rfind('.')));
  std::string_view found;
  for (const std::string_view type : envoy_fields::Types()) {
    if (!absl::EndsWith(base::ToAbsl(type), base::StrCat(".v3", own_name))) continue;
    if (!found.empty()) return {};
    found = type;
  }
  return found;
}

template <class Proto>
bool Take(const google::protobuf::Any& any, TypedStructContent& content) {
  Proto proto;
  if (!proto.ParseFromString(any.value())) return false;
  content.type_url = std::move(*proto.mutable_type_url());
  content.value.Swap(proto.mutable_value());
  return true;
}

}  // namespace

std::string_view TypeNameOf(std::string_view type_url) {
  const size_t slash = type_url.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : type_url.substr(slash + 1);
}

std::string MakeTypeUrl(std::string_view type_name) { return base::StrCat(kPrefix, type_name); }

const google::protobuf::Descriptor* FindMessageType(std::string_view type_name) {
  return google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      std::string(type_name));
}

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor& type) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<google::protobuf::Message>(factory->GetPrototype(&type)->New());
}

bool IsTypedStruct(std::string_view type_name) {
  return type_name == "xds.type.v3.TypedStruct" || type_name == "udpa.type.v1.TypedStruct";
}

bool UnpackTypedStruct(const google::protobuf::Any& any, TypedStructContent& content) {
  const std::string_view name = TypeNameOf(any.type_url());
  if (!IsTypedStruct(name)) return false;
  return name.front() == 'x' ? Take<xds::type::v3::TypedStruct>(any, content)
                             : Take<udpa::type::v1::TypedStruct>(any, content);
}

std::string ExplainUnknownType(std::string_view type_url) {
  if (type_url.empty()) return "the type URL is missing";
  const std::string_view name = TypeNameOf(type_url);
  if (name.empty()) {
    return absl::StrCat(Quote(type_url), " is not a type URL, such as \"", MakeTypeUrl("a.b.C"),
                        "\"");
  }
  if (IsOldVersion(name)) {
    const std::string_view successor = SuccessorOf(name);
    return base::StrCat(
        "type `", name, "` is of an API version that is gone",
        successor.empty() ? std::string() : base::StrCat("; use `", successor, "`"));
  }
  if (envoy_fields::HasType(name)) {
    return base::StrCat("type `", name, "` is known to Envoy, not implemented by Weir");
  }
  return base::StrCat("unknown type ", Quote(name), DidYouMean(name, envoy_fields::Types()));
}

}  // namespace weir::config
