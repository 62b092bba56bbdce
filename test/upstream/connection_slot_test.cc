#include "source/upstream/connection_slot.h"

#include <gtest/gtest.h>

#include <optional>

#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

class ConnectionSlotTest : public WorkerFixture {
 protected:
  ConnectionSlotTest() {
    options_.breakers[0].max_connections = 2;
    MakeCluster({backend_.address()});
    context_.emplace(WorkerContext{loop_, *cluster_, stats(), *worker_});
  }
  ConnectionSlot Take() { return ConnectionSlot::TryTake(*context_, host(), 0); }

  std::optional<WorkerContext> context_;
};

TEST_F(ConnectionSlotTest, CountsFromTheTakingToTheEnd) {
  {
    const ConnectionSlot slot = Take();
    ASSERT_TRUE(static_cast<bool>(slot));
    EXPECT_EQ(Taken(Resource::kConnections), 1U);
    EXPECT_EQ(host()->active_connections.load(), 1U);
    EXPECT_EQ(host()->activity().connects_total.load(), 1U);
    EXPECT_EQ(stats().upstream_cx_active.value(), 1);
    clock_.AdvanceMs(7);
    Turn();
  }
  EXPECT_EQ(Taken(Resource::kConnections), 0U);
  EXPECT_EQ(host()->active_connections.load(), 0U);
  EXPECT_EQ(stats().upstream_cx_active.value(), 0);
  EXPECT_EQ(stats().upstream_cx_destroy.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_local.value(), 1U);
  stats::Histogram::Totals lengths;
  stats().upstream_cx_length_ms.AddTo(lengths);
  EXPECT_EQ(lengths.sum, 7U);
}

TEST_F(ConnectionSlotTest, EmptyAtTheLimitAndCountedOnceWhenMoved) {
  ConnectionSlot first = Take(), second = Take();
  EXPECT_FALSE(static_cast<bool>(Take()));
  ConnectionSlot moved = std::move(first);
  EXPECT_EQ(Taken(Resource::kConnections), 2U);
  moved = std::move(second);
  EXPECT_EQ(Taken(Resource::kConnections), 1U);
}

TEST_F(ConnectionSlotTest, CountsWhoEndedIt) {
  { Take().NoteEnd(true, false); }
  { Take().NoteEnd(true, true); }
  { Take().NoteEnd(false, true); }
  EXPECT_EQ(stats().upstream_cx_destroy.value(), 3U);
  EXPECT_EQ(stats().upstream_cx_destroy_remote.value(), 2U);
  EXPECT_EQ(stats().upstream_cx_destroy_local.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_with_active_rq.value(), 2U);
  EXPECT_EQ(stats().upstream_cx_destroy_remote_with_active_rq.value(), 1U);
  EXPECT_EQ(stats().upstream_cx_destroy_local_with_active_rq.value(), 1U);
}

TEST_F(ConnectionSlotTest, KeepsItsCluster) {
  ConnectionSlot slot = Take();
  Retire();
  Turn(2);
  EXPECT_EQ(cluster_.use_count(), 2) << "the retired one lives as long as its connection";
  slot = ConnectionSlot();
  Turn(2);
  EXPECT_EQ(cluster_.use_count(), 1);
}

}  // namespace
}  // namespace weir::upstream
