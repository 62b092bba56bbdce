// Tested by test/xds_files/file_source_test.cc.
#include "source/xds_files/resource_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#include "source/base/descriptor.h"
#include "source/base/strings.h"
#include "source/config/message_checker.h"
#include "source/config/message_reader.h"
#include "source/config/text_document.h"
#include "source/xds/nack_detail.h"
#include "source/xds/resource_name.h"
#include "source/xds_files/whole_read.h"

namespace weir::xds::files {
namespace {

using envoy::service::discovery::v3::DiscoveryResponse;
using google::protobuf::Any;

constexpr char kWrapperUrl[] = "type.googleapis.com/envoy.service.discovery.v3.Resource";
constexpr std::string_view kListPrefix = "resources[";

int64_t NanosOf(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity IdentityOf(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, NanosOf(status.st_mtim),
          NanosOf(status.st_ctim)};
}

absl::Status CannotRead(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be read"));
}

// The text formats ------------------------------------------------------------------------------

void ReadYaml(std::string_view bytes, DiscoveryResponse& into, config::Faults& faults) {
  const int index = faults.source_map().AddDocument();
  const auto document = config::TextDocument::Parse(bytes, faults, index);
  if (document == nullptr) return;
  faults.source_map().Attach(index, document);
  if (document->root().kind == config::TextNode::Kind::kNull) {
    faults.AddAt({1, 1, index}, "", "is empty");
    return;
  }
  // As what a control plane sends: fields that may safely be ignored are.
  config::MessageReader(faults, {false, true}).Read(document->root(), into, {});
}

// Protobuf counts lines and columns from zero.
class TextFaults final : public google::protobuf::io::ErrorCollector {
 public:
  explicit TextFaults(config::Faults& faults) : faults_(faults) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    faults_.AddAt({line + 1, column + 1}, "", message);
  }

 private:
  config::Faults& faults_;
};

void ReadTextFormat(std::string_view bytes, DiscoveryResponse& into, config::Faults& faults) {
  TextFaults collector(faults);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  if (!parser.ParseFromString(std::string(bytes), &into) && faults.ok()) {
    faults.Add("", "is no DiscoveryResponse in text format");
  }
}

void ReadWire(std::string_view bytes, DiscoveryResponse& into, config::Faults& faults) {
  if (bytes.empty()) {
    faults.Add("", "is empty");
  } else if (!into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    faults.Add("", "its bytes are not a DiscoveryResponse");
  } else {
    config::MessageChecker(faults, {}).Check(into, {});
  }
}

void ReadByName(const std::string& path, std::string_view bytes, DiscoveryResponse& into,
                config::Faults& faults) {
  if (absl::EndsWith(path, ".pb")) return ReadWire(bytes, into, faults);
  if (absl::EndsWith(path, ".pb_text")) return ReadTextFormat(bytes, into, faults);
  ReadYaml(bytes, into, faults);
}

// Whose faults ----------------------------------------------------------------------------------

// The 2 of "resources[2].name"; none when the path is not that of a resource.
std::optional<int> IndexIn(std::string_view path) {
  if (path.substr(0, kListPrefix.size()) != kListPrefix) return std::nullopt;
  path.remove_prefix(kListPrefix.size());
  return base::ParseInteger<int>(path.substr(0, path.find(']')));
}

void CheckHead(const DiscoveryResponse& response, const ResourceType& type,
               config::Faults& faults) {
  if (!response.type_url().empty() && response.type_url() != type.type_url) {
    faults.Add("type_url", absl::StrCat("is ", Printable(response.type_url(), 256), ", expected ",
                                        type.type_url));
  }
  if (response.version_info().size() > kMaxVersionBytes) {
    faults.Add("version_info", absl::StrCat("has ", response.version_info().size(),
                                            " bytes, at most ", kMaxVersionBytes, " are allowed"));
  }
}

// Which resources are faulty; none when the file as a whole is.
std::optional<std::vector<bool>> FaultyOnes(const DiscoveryResponse& response,
                                            const config::Faults& faults) {
  // Beyond the limit faults are not kept, so that nobody knows whose they were.
  if (faults.faults().size() >= config::Faults::kMaxKept) return std::nullopt;
  std::vector<bool> faulty(static_cast<size_t>(response.resources_size()));
  for (const config::Fault& fault : faults.faults()) {
    const std::optional<int> index = IndexIn(fault.path);
    if (!index.has_value() || *index < 0 || *index >= response.resources_size()) {
      return std::nullopt;
    }
    faulty[static_cast<size_t>(*index)] = true;
  }
  return faulty;
}

// What is left of a faulty resource once its wrong fields are gone may be what the right one will
// be: with its faults in a field that nobody has, it is another.
void MarkFaulty(Any& body, int index, const config::Faults& faults) {
  constexpr int kFieldOfNobody = 536'870'911;
  google::protobuf::UnknownFieldSet mark;
  const std::string within = absl::StrCat("resources[", index, "]");
  for (const config::Fault& fault : faults.faults()) {
    if (IndexIn(fault.path) == index) {
      mark.AddLengthDelimited(kFieldOfNobody, absl::StrCat(fault.path, ": ", fault.text));
    }
  }
  std::string bytes;
  mark.SerializeToString(&bytes);
  body.mutable_value()->append(bytes);
}

// The resource in `outer`, when that is one wrapped to give it a name and a version: taken out.
Any* Unwrap(const Any& outer, ParsedFile& file, Received& received) {
  envoy::service::discovery::v3::Resource wrapper;
  if (outer.type_url() != kWrapperUrl || !wrapper.ParseFromString(outer.value())) return nullptr;
  if (!wrapper.has_resource()) return nullptr;
  auto& kept = file.unwrapped.emplace_back(std::move(wrapper));
  received.name = kept.name();
  received.version = kept.version();
  received.aliases = &kept.aliases();
  return kept.mutable_resource();
}

void AddToBatch(int index, bool is_faulty, const ResourceType& type, ParsedFile& file) {
  Received received;
  Any* const inner = Unwrap(file.response->resources(index), file, received);
  Any& body = inner != nullptr ? *inner : *file.response->mutable_resources(index);
  if (is_faulty) MarkFaulty(body, index, file.faults);
  std::string_view name = received.name;
  const auto own = FindName(body.value(), type.name_field);
  if (name.empty() && own.ok()) name = *own;
  if (!name.empty() && body.type_url() == type.type_url) {
    file.places[base::ToAbsl(name)] = {index, inner != nullptr, is_faulty};
  }
  received.body = &body;
  file.batch.resources.push_back(received);
}

// "field.path: what" → both; a line that is all words has no path.
std::pair<std::string_view, std::string_view> SplitLine(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return {{}, line};
  const std::string_view path = line.substr(0, colon);
  if (path.find(' ') != std::string_view::npos) return {{}, line};
  return {path, line.substr(colon + 2)};
}

}  // namespace

absl::StatusOr<FileIdentity> IdentifyFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return CannotRead(path, errno);
  return IdentityOf(status);
}

absl::StatusOr<FileContent> ReadResourceFile(const std::string& path) {
  // Not blocking: a pipe without a writer would never open.
  const base::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat before;
  if (!file.is_open() || fstat(file.get(), &before) != 0) return CannotRead(path, errno);
  if (!S_ISREG(before.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is no regular file"));
  }
  FileContent content;
  content.identity = IdentityOf(before);
  if (static_cast<size_t>(before.st_size) > kMaxResourceFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is larger than 64 MiB"));
  }
  content.bytes.resize(static_cast<size_t>(before.st_size));
  if (!ReadInto(file.get(), content.bytes)) return CannotRead(path, errno);
  struct stat after;
  if (fstat(file.get(), &after) != 0) return CannotRead(path, errno);
  // Its link count may have changed meanwhile, its bytes must not.
  if (after.st_size != before.st_size || NanosOf(after.st_mtim) != NanosOf(before.st_mtim)) {
    return absl::AbortedError(absl::StrCat(path, ": is being written"));
  }
  return content;
}

void ParsedFile::AddFault(const std::string& resource, std::string_view lines) {
  const auto place = places.find(resource);
  const std::optional<int> index =
      place != places.end() ? std::optional<int>(place->second.index) : IndexIn(resource);
  if (!index.has_value()) {
    faults.Add("", base::StrCat(Printable(resource, 256), ": ", lines));
    return;
  }
  config::Faults::Scope item(faults, "resources", static_cast<size_t>(*index));
  std::optional<config::Faults::Scope> inner;
  if (place != places.end() && place->second.is_wrapped) inner.emplace(faults, "resource");
  for (const absl::string_view line : absl::StrSplit(base::ToAbsl(lines), '\n')) {
    const auto [path, text] = SplitLine(base::ToStd(line));
    faults.Add(path, std::string(text));
  }
}

ParsedFile ParseResourceFile(const std::string& path, std::string_view bytes,
                             const ResourceType& type) {
  ParsedFile file(path);
  auto response = std::make_unique<DiscoveryResponse>();
  ReadByName(path, bytes, *response, file.faults);
  CheckHead(*response, type, file.faults);
  const std::optional<std::vector<bool>> faulty = FaultyOnes(*response, file.faults);
  if (!faulty.has_value()) return file;
  file.response = std::move(response);
  file.batch.version = file.response->version_info();
  file.batch.is_complete_set = type.is_complete_set;
  file.batch.resources.reserve(faulty->size());
  for (int i = 0; i < file.response->resources_size(); ++i) {
    AddToBatch(i, (*faulty)[static_cast<size_t>(i)], type, file);
  }
  return file;
}

}  // namespace weir::xds::files
