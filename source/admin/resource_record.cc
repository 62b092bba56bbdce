#include "source/admin/resource_record.h"

#include <utility>

namespace weir::admin {

std::string_view TypeUrlOf(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::kBootstrap:
      return "type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap";
    case ResourceKind::kListener:
      return "type.googleapis.com/envoy.config.listener.v3.Listener";
    case ResourceKind::kCluster:
      return "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    case ResourceKind::kRoute:
      return "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
    case ResourceKind::kEndpoint:
      return "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
    case ResourceKind::kSecret:
      return "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  }
  return "";
}

ResourceRecord::ResourceRecord(ResourceKind kind, std::string_view name)
    : kind_(kind), name_bytes_(static_cast<uint32_t>(name.size())), text_(name) {}

ResourceRecord::ResourceRecord(const ResourceRecord& other)
    : kind_(other.kind_),
      is_static_(other.is_static_),
      has_body_(other.has_body_),
      status_(other.status_),
      name_bytes_(other.name_bytes_),
      text_(other.text_),
      version_(other.version_),
      updated_us_(other.updated_us_),
      remarks_(other.remarks_ == nullptr ? nullptr : std::make_unique<Remarks>(*other.remarks_)) {}

google::protobuf::Any ResourceRecord::body() const {
  google::protobuf::Any body;
  body.set_type_url(std::string(TypeUrlOf(kind_)));
  body.set_value(std::string(text_.view().substr(name_bytes_)));
  return body;
}

void ResourceRecord::Accept(const google::protobuf::Any& body, base::SharedText version,
                            bool is_static, int64_t now_us,
                            const std::vector<config::Fault>& ignored) {
  text_ = base::SharedText(name(), body.value());
  has_body_ = true;
  version_ = std::move(version);
  is_static_ = is_static;
  updated_us_ = now_us;
  status_ = ResourceStatus::kAcked;
  remarks_ = ignored.empty() ? nullptr : std::make_unique<Remarks>(Remarks{ignored, {}});
}

void ResourceRecord::Fail(ResourceStatus status, ResourceFailure failure) {
  status_ = status;
  if (remarks_ == nullptr) remarks_ = std::make_unique<Remarks>();
  remarks_->failure = std::move(failure);
}

const ResourceRecord::Remarks& ResourceRecord::remarks() const {
  static const auto* const none = new Remarks();
  return remarks_ == nullptr ? *none : *remarks_;
}

}  // namespace weir::admin
