// The bytes of a last-good file: resources, to whom they belong, and a checksum.
//
//   "weir-last-good 1\n"    what it is, and the version of this format
//   8 bytes                 length of the content, as all numbers little-endian
//   content                 strings: node id, node cluster; then the sets: count, and for each its
//                           name, the count of its resources, and these
//   20 bytes                SHA-1 of everything before
//
// A string is its length in 4 bytes, and its bytes; counts have 4 bytes; a resource is a string,
// the serialised envoy.service.discovery.v3.Resource. The checksum finds damage; it is no
// signature: who may write the file is what private_file.h looks at. Pure functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::xds::files {

struct LastGoodFile {
  // Shared: a writer on another thread has it while it is replaced here. Never null.
  using Record = std::shared_ptr<const std::string>;
  struct Set {
    std::string name;
    std::vector<Record> records;
  };

  std::string node_id, node_cluster;
  std::vector<Set> sets;
};

std::string EncodeLastGood(const LastGoodFile& file);
// Whatever the bytes are. The error says what is wrong with them: "is truncated: …".
absl::StatusOr<LastGoodFile> DecodeLastGood(std::string_view bytes);

}  // namespace weir::xds::files
