// What a group of statistics is called: its prefix, the prefix without tags, the tags; packed into
// one allocation because there are as many as clusters. Immutable; copies share it. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::stats {

struct Tag {
  std::string name;  // Prometheus label, e.g. "envoy_cluster_name"
  std::string value;
};

struct TagView {
  std::string_view name;
  std::string_view value;
};

class Labels {
 public:
  // An empty `tagless_prefix` is derived: the tags' values are taken out of `prefix` where they
  // are whole segments ("cluster" from "cluster.web" with a tag of value "web").
  Labels(std::string_view prefix, const std::vector<Tag>& tags, std::string_view tagless_prefix);
  Labels(const Labels& other) : block_(other.block_) {
    block_->uses.fetch_add(1, std::memory_order_relaxed);
  }
  Labels& operator=(const Labels&) = delete;
  ~Labels();

  std::string_view prefix() const { return Piece(0); }
  std::string_view tagless_prefix() const { return Piece(1); }
  size_t tag_count() const { return block_->piece_count / 2 - 1; }
  TagView tag(size_t index) const { return {Piece(2 * index + 2), Piece(2 * index + 3)}; }

 private:
  // Followed by the pieces' ends, then by their bytes.
  struct Block {
    mutable std::atomic<uint32_t> uses;
    uint32_t piece_count;
  };

  static const Block* Pack(const std::vector<std::string_view>& pieces);
  const uint32_t* ends() const { return reinterpret_cast<const uint32_t*>(block_ + 1); }
  std::string_view Piece(size_t index) const;

  const Block* block_;
};

}  // namespace weir::stats
