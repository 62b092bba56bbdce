#include "source/config/faults.h"

#include <optional>

#include "source/base/strings.h"
#include "source/config/text_document.h"

namespace weir::config {

namespace {

// Appends `field` to `path`: with a dot unless it continues the last name ("[2]").
void AppendField(std::string& path, std::string_view field) {
  if (!path.empty() && !field.empty() && field.front() != '[') path += '.';
  path += field;
}

// Whether `path` is `outer` or something inside it.
bool IsWithin(std::string_view path, std::string_view outer) {
  if (path.substr(0, outer.size()) != outer) return false;
  if (outer.empty() || path.size() == outer.size()) return true;
  return path[outer.size()] == '.' || path[outer.size()] == '[';
}

}  // namespace

int SourceMap::AddDocument(std::string name) {
  sources_.push_back({nullptr, std::move(name)});
  return static_cast<int>(sources_.size()) - 1;
}

void SourceMap::Attach(int index, std::shared_ptr<const TextDocument> document) {
  sources_[index].document = std::move(document);
}

Position SourceMap::Find(std::string_view path) const {
  for (std::string_view outer = path; !outer.empty();) {
    const auto place = places_.find(outer);
    if (place != places_.end()) return place->second;
    const size_t cut = outer.find_last_of(".[");
    outer = cut == std::string_view::npos ? std::string_view() : outer.substr(0, cut);
  }
  Position best;
  size_t best_length = 0;
  for (const Source& source : sources_) {
    if (source.document == nullptr) continue;
    const TextDocument::Place place = source.document->Find(path);
    // Of two texts that both hold the field the later one has the last word.
    if (best.line != 0 && place.matched_length < best_length) continue;
    best = place.position;
    best_length = place.matched_length;
  }
  return best;
}

std::string_view SourceMap::DocumentName(int document) const {
  const auto index = static_cast<size_t>(document);
  return index < sources_.size() ? std::string_view(sources_[index].name) : std::string_view();
}

void Faults::Add(std::string_view field, std::string text) {
  const std::string path = PathOf(field);
  AddAt(source_map_.Find(path), field, std::move(text));
}

void Faults::AddAt(Position position, std::string_view field, std::string text) {
  if (faults_.size() >= kMaxKept) {
    ++dropped_count_;
    return;
  }
  faults_.push_back({PathOf(field), std::move(text), position});
}

void Faults::AddIgnored(std::string_view field, std::string text) {
  if (ignored_.size() >= kMaxKept) return;
  std::string path = PathOf(field);
  const Position position = source_map_.Find(path);
  ignored_.push_back({std::move(path), std::move(text), position});
}

std::string Faults::PathOf(std::string_view field) const {
  std::string path = path_;
  AppendField(path, field);
  return path;
}

bool Faults::HasFaultIn(std::string_view field) const {
  const std::string outer = PathOf(field);
  for (const Fault& fault : faults_) {
    if (IsWithin(fault.path, outer)) return true;
  }
  return false;
}

std::string Faults::PlaceOf(const Fault& fault) const {
  const std::string_view name = source_map_.DocumentName(fault.position.document);
  const std::string_view file = name.empty() ? std::string_view(file_) : name;
  if (fault.position.line == 0) return file.empty() ? std::string() : base::StrCat(file, ": ");
  const std::string place = absl::StrCat(fault.position.line, ":", fault.position.column, ": ");
  return file.empty() ? place : base::StrCat(file, ":", place);
}

std::string Faults::ToString() const {
  std::string out;
  for (const Fault& fault : faults_) {
    if (!out.empty()) out += '\n';
    out += PlaceOf(fault);
    if (!fault.path.empty()) absl::StrAppend(&out, fault.path, ": ");
    out += fault.text;
  }
  if (dropped_count_ > 0) absl::StrAppend(&out, "\nand ", dropped_count_, " more");
  return out;
}

absl::Status Faults::ToStatus() const {
  return ok() ? absl::OkStatus() : absl::InvalidArgumentError(ToString());
}

Faults::Scope::Scope(Faults& faults, std::string_view field)
    : faults_(faults), restore_size_(faults.path_.size()) {
  AppendField(faults.path_, field);
}

Faults::Scope::Scope(Faults& faults, std::string_view field, size_t index) : Scope(faults, field) {
  absl::StrAppend(&faults.path_, "[", index, "]");
}

Faults::Scope::~Scope() { faults_.path_.resize(restore_size_); }

}  // namespace weir::config
