// What a table remembers of one resource: a part of the promise of 2 KiB a cluster, which has two.

#include <gtest/gtest.h>

#include <string>

#include "source/xds/resource_table.h"
#include "test/support/heap_bytes.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {
namespace {

constexpr int kCount = 5'000;

// One that came, as every one of a state-of-the-world response does, without a version of its own.
void Take(ResourceTable& table, const std::string& name) {
  const DiscoveryResponse response = MakeResponse("1", "", {{name, "1"}});
  Batch batch;
  batch.version = response.version_info();
  batch.resources.push_back({{}, {}, &response.resources(0)});
  Intake intake;
  table.Sort(batch, intake);
  ASSERT_EQ(intake.changed.size(), 1u);
  table.Settle(intake, 0, 1, {});
}

size_t BytesOfEach(ResourceTable& table, bool is_wanted) {
  const size_t before = test::HeapBytes();
  for (int i = 0; i < kCount; ++i) {
    const std::string name = std::to_string(kCount + i);
    if (is_wanted) table.Want(name, 15'000);
    Take(table, name);
  }
  return (test::HeapBytes() - before) / kCount;
}

TEST(ResourceMemoryTest, WhatIsRememberedIsSmall) {
  if (!test::kHeapIsPlain) GTEST_SKIP() << "the heap is a sanitizer's";
  ResourceTable all({.type_url = kTypeUrl, .is_complete_set = true});
  all.WantAll();
  EXPECT_LE(BytesOfEach(all, false), 96u);
  ResourceTable named({.type_url = kTypeUrl});
  EXPECT_LE(BytesOfEach(named, true), 96u);
}

}  // namespace
}  // namespace weir::xds
