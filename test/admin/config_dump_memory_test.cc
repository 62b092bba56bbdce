// What the dump keeps of an idle cluster beside its definition: a part of the promise of 2 KiB a
// cluster.

#include <gtest/gtest.h>

#include <string>

#include "source/admin/config_dump.h"
#include "test/support/heap_bytes.h"

namespace weir::admin {
namespace {

constexpr size_t kCount = 5'000;
constexpr size_t kBodyBytes = 64;

// Of a record of each of `kCount` resources, the bytes of their bodies not counted.
size_t OverheadOf(ConfigDump& dump, ResourceKind kind) {
  google::protobuf::Any body;
  body.set_type_url(std::string(TypeUrlOf(kind)));
  body.set_value(std::string(kBodyBytes, 'x'));
  const base::SharedText version("the same for all of a response");
  const size_t before = test::HeapBytes();
  for (size_t i = 0; i < kCount; ++i) {
    const std::string name = std::to_string(kCount + i);
    dump.Request(kind, name);
    dump.Set(kind, name, version, false, body, config::Faults());
  }
  return (test::HeapBytes() - before) / kCount - kBodyBytes;
}

TEST(ConfigDumpMemoryTest, ARecordIsSmall) {
  if (!test::kHeapIsPlain) GTEST_SKIP() << "the heap is a sanitizer's";
  ConfigDump dump;
  const size_t cluster = OverheadOf(dump, ResourceKind::kCluster);
  const size_t endpoints = OverheadOf(dump, ResourceKind::kEndpoint);
  RecordProperty("bytes_a_record", static_cast<int>(cluster));
  EXPECT_LE(cluster, 128u);
  EXPECT_LE(endpoints, 128u);
}

}  // namespace
}  // namespace weir::admin
