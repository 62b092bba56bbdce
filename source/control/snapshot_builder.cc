#include "source/control/snapshot_builder.h"

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/base/strings.h"
#include "source/config/faults.h"
#include "source/config/load.h"
#include "source/control/known_messages.h"
#include "source/control/references.h"
#include "weir/control/v1/resource_file.pb.h"

namespace weir::control {
namespace {

using google::protobuf::Any;
using google::protobuf::Message;
using weir::control::v1::ResourceFile;

// One file while the snapshot is built: faults and warnings at places in its text.
struct OpenFile {
  explicit OpenFile(const SourceFile& source) : faults(source.path), warnings(source.path) {}
  config::Faults faults;
  // Warnings look positions up where the faults have them.
  config::Faults warnings;
};

// Where a resource stands.
struct Place {
  OpenFile* file;
  std::string path;  // "clusters[2]"
};

std::string Deterministic(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// The value of the first field, which is the name in every type served.
std::string NameOf(const Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByNumber(1);
  return message.GetReflection()->GetString(message, field);
}

std::string_view NameField(ServedType type) {
  return type == ServedType::kEndpoints ? "cluster_name" : "name";
}

class Builder {
 public:
  explicit Builder(const Snapshot* previous) : previous_(previous) { LinkKnownMessages(); }

  void Add(const SourceFile& source) {
    OpenFile& file = files_.emplace_back(source);
    if (absl::StripAsciiWhitespace(source.text).empty()) {
      // Somebody may be about to write it; what it held is not to be deleted meanwhile.
      file.faults.Add("", "the file is empty; to serve nothing write 'resources: []'");
      return;
    }
    ResourceFile content;
    if (!config::LoadText(source.text, content, file.faults)) return;
    AddList(file, "clusters", ServedType::kCluster, content.clusters());
    AddList(file, "endpoints", ServedType::kEndpoints, content.endpoints());
    AddList(file, "listeners", ServedType::kListener, content.listeners());
    AddList(file, "routes", ServedType::kRoutes, content.routes());
    AddList(file, "secrets", ServedType::kSecret, content.secrets());
    for (int i = 0; i < content.resources_size(); ++i) {
      AddAny({&file, absl::StrCat("resources[", i, "]")}, content.resources(i));
    }
  }

  BuildResult Finish() {
    BuildResult result;
    for (const OpenFile& file : files_) AppendLines(file.faults, result.faults);
    if (!result.faults.empty()) return result;
    for (ResourceSet& set : snapshot_->sets) set.version = VersionOf(set);
    CheckEndpoints();
    CheckRoutes();
    CheckSecrets(ServedType::kCluster);
    CheckSecrets(ServedType::kListener);
    for (const OpenFile& file : files_) AppendLines(file.warnings, result.warnings);
    result.snapshot = std::move(snapshot_);
    return result;
  }

 private:
  template <class List>
  void AddList(OpenFile& file, std::string_view field, ServedType type, const List& list) {
    for (int i = 0; i < list.size(); ++i) {
      AddResource({&file, base::StrCat(field, "[", i, "]")}, type, list[i]);
    }
  }

  void AddAny(const Place& place, const Any& any) {
    const ServedTypeInfo* info = FindServedType(any.type_url());
    if (info == nullptr) {
      place.file->faults.Add(place.path, absl::StrCat(any.type_url(),
                                                      " is not served: only clusters, endpoints, "
                                                      "listeners, routes and secrets are"));
      return;
    }
    const auto* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
            std::string(info->type_url.substr(info->type_url.find('/') + 1)));
    std::unique_ptr<Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
    message->ParseFromString(any.value());
    AddResource(place, info->type, *message);
  }

  void AddResource(const Place& place, ServedType type, const Message& message) {
    std::string name = NameOf(message);
    const std::string field = base::StrCat(place.path, ".", NameField(type));
    if (name.empty()) {
      place.file->faults.Add(field, "must not be empty: clients ask for it by this name");
      return;
    }
    auto [other, is_new] = places_[static_cast<size_t>(type)].emplace(name, place);
    if (!is_new) {
      place.file->faults.Add(
          field, base::StrCat("'", name, "' is defined twice, first at ", Tell(other->second)));
      return;
    }
    auto body = std::make_shared<Any>();
    body->set_type_url(std::string(InfoOf(type).type_url));
    body->set_value(Deterministic(message));
    snapshot_->Of(type).bodies.emplace(name, Shared(type, name, std::move(body)));
  }

  // The body that the previous snapshot has of `name`, if it is the same.
  Body Shared(ServedType type, const std::string& name, Body body) const {
    if (previous_ == nullptr) return body;
    const auto& bodies = previous_->Of(type).bodies;
    auto found = bodies.find(name);
    return found != bodies.end() && IsSame(found->second, body) ? found->second : body;
  }

  static std::string Tell(const Place& place) {
    const config::Position position = place.file->faults.source_map().Find(place.path);
    return absl::StrCat(place.file->faults.file(), ":", position.line, ":", position.column);
  }

  void Warn(ServedType type, const std::string& name, std::string text) {
    const Place& place = places_[static_cast<size_t>(type)].at(name);
    place.file->warnings.AddAt(place.file->faults.source_map().Find(place.path), place.path,
                               std::move(text));
  }

  void CheckEndpoints() {
    const auto& endpoints = snapshot_->Of(ServedType::kEndpoints).bodies;
    for (const auto& [name, body] : snapshot_->Of(ServedType::kCluster).bodies) {
      const std::optional<std::string> wanted = EndpointsOf(*body);
      if (!wanted.has_value()) continue;
      if (endpoints.count(*wanted) > 0) {
        snapshot_->referred_endpoints.insert(*wanted);
      } else {
        Warn(ServedType::kCluster, name, absl::StrCat("no file has endpoints of '", *wanted, "'"));
      }
    }
  }

  void CheckRoutes() {
    const auto& routes = snapshot_->Of(ServedType::kRoutes).bodies;
    for (const auto& [name, body] : snapshot_->Of(ServedType::kListener).bodies) {
      for (const std::string& wanted : RoutesOf(*body)) {
        if (routes.count(wanted) > 0) continue;
        Warn(ServedType::kListener, name, absl::StrCat("no file has routes '", wanted, "'"));
      }
    }
  }

  void CheckSecrets(ServedType type) {
    const auto& secrets = snapshot_->Of(ServedType::kSecret).bodies;
    for (const auto& [name, body] : snapshot_->Of(type).bodies) {
      for (const std::string& wanted : SecretsOf(*body)) {
        if (secrets.count(wanted) > 0) continue;
        Warn(type, name, absl::StrCat("no file has secret '", wanted, "'"));
      }
    }
  }

  static void AppendLines(const config::Faults& faults, std::vector<std::string>& lines) {
    const std::string text = faults.ToString();
    for (const auto line : absl::StrSplit(text, '\n', absl::SkipEmpty())) lines.emplace_back(line);
  }

  const Snapshot* const previous_;
  std::deque<OpenFile> files_;
  std::map<std::string, Place> places_[kServedTypeCount];
  std::shared_ptr<Snapshot> snapshot_ = std::make_shared<Snapshot>();
};

}  // namespace

BuildResult BuildSnapshot(const std::vector<SourceFile>& files, const Snapshot* previous) {
  Builder builder(previous);
  for (const SourceFile& file : files) builder.Add(file);
  return builder.Finish();
}

}  // namespace weir::control
