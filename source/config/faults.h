// Everything wrong with one piece of configuration, each fault with where and why.
//
// Parsers add faults and go on, so that one run lists them all. Paths are built by scopes:
//   Faults::Scope scope(faults, "clusters", i);  faults.Add("name", "must not be empty");
//   → bootstrap.yaml:12:5: static_resources.clusters[3].name: must not be empty
// A SourceMap, when there is one, turns the path into line and column. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace weir::config {

class TextDocument;

struct Position {
  int line = 0;  // 1-based; 0: unknown
  int column = 0;
  // Which text, where there are several: an index into the source map's documents.
  int document = 0;
};

// Field path → where it stands in the text. Paths look like "a.b[2].c" or "map[key].c".
class SourceMap {
 public:
  void Record(std::string path, Position position) { places_[std::move(path)] = position; }
  // A text that is about to be read: its index, for its positions. `name` is what faults call it;
  // empty means the name of the Faults.
  int AddDocument(std::string name = {});
  // Looks paths up in it from now on, instead of keeping a place for each of its fields.
  void Attach(int index, std::shared_ptr<const TextDocument> document);
  // The position of `path`, or of the nearest enclosing field.
  Position Find(std::string_view path) const;
  std::string_view DocumentName(int document) const;

 private:
  struct Source {
    std::shared_ptr<const TextDocument> document;
    std::string name;
  };

  std::map<std::string, Position, std::less<>> places_;
  std::vector<Source> sources_;
};

struct Fault {
  std::string path;
  std::string text;
  Position position;
};

class Faults {
 public:
  // A file can be wrong everywhere: more faults than this are counted, not kept.
  static constexpr size_t kMaxKept = 1000;

  explicit Faults(std::string file = {}) : file_(std::move(file)) {}

  // `field` is relative to the open scopes; empty means the scope itself.
  void Add(std::string_view field, std::string text);
  // For what stands at a place that the path alone does not tell.
  void AddAt(Position position, std::string_view field, std::string text);
  // Not an error: a field that is accepted and not acted upon.
  void AddIgnored(std::string_view field, std::string text);

  bool ok() const { return faults_.empty(); }
  const std::vector<Fault>& faults() const { return faults_; }
  const std::vector<Fault>& ignored() const { return ignored_; }
  SourceMap& source_map() { return source_map_; }
  const std::string& file() const { return file_; }
  // The path of the open scopes plus `field`.
  std::string PathOf(std::string_view field) const;
  // Whether a fault was added at `field` or inside it.
  bool HasFaultIn(std::string_view field) const;
  // One line a fault, "file:line:column: path: text".
  std::string ToString() const;
  absl::Status ToStatus() const;  // kInvalidArgument with ToString(), or OK

  class Scope {
   public:
    Scope(Faults& faults, std::string_view field);
    Scope(Faults& faults, std::string_view field, size_t index);
    ~Scope();

   private:
    Faults& faults_;
    size_t restore_size_;
  };

 private:
  std::string PlaceOf(const Fault& fault) const;

  std::string file_;
  std::string path_;
  size_t dropped_count_ = 0;
  std::vector<Fault> faults_;
  std::vector<Fault> ignored_;
  SourceMap source_map_;
};

}  // namespace weir::config
