#include "source/clusters/turn_barrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace weir::clusters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TurnBarrierTest : public testing::Test {
 protected:
  void Await(const std::string& name) {
    barrier_->Await([this, name] { done_.push_back(name); });
  }
  void TurnMain() {
    for (int i = 0; i < 3; ++i) main_.RunReady();
  }
  void TurnWorker(int number) {
    for (int i = 0; i < 3; ++i) workers_[number].RunReady();
  }

  event::Loop main_{"main", 0};
  event::Loop workers_[2] = {{"worker-1", 1}, {"worker-2", 2}};
  std::optional<TurnBarrier> barrier_{std::in_place, main_,
                                      std::vector<event::Loop*>{&workers_[0], &workers_[1]}};
  std::vector<std::string> done_;
};

TEST_F(TurnBarrierTest, WaitsForEveryWorker) {
  Await("a");
  Await("b");
  TurnMain();
  TurnWorker(0);
  TurnMain();
  EXPECT_THAT(done_, IsEmpty()) << "the other one may be in the middle of a turn";
  TurnWorker(1);
  EXPECT_THAT(done_, IsEmpty()) << "it is main's to do";
  TurnMain();
  EXPECT_THAT(done_, ElementsAre("a", "b"));
}

TEST_F(TurnBarrierTest, WhoAsksLaterWaitsForLaterTurns) {
  Await("a");
  TurnMain();
  TurnWorker(0);
  Await("b");
  TurnWorker(1);
  TurnMain();
  EXPECT_THAT(done_, ElementsAre("a"));
  TurnWorker(0);
  TurnWorker(1);
  TurnMain();
  EXPECT_THAT(done_, ElementsAre("a", "b"));
}

TEST_F(TurnBarrierTest, MayAskAgainWhenDone) {
  barrier_->Await([this] { Await("again"); });
  for (int i = 0; i < 2; ++i) {
    TurnMain();
    TurnWorker(0);
    TurnWorker(1);
  }
  TurnMain();
  EXPECT_THAT(done_, ElementsAre("again"));
}

TEST_F(TurnBarrierTest, EndsWhileItWaits) {
  Await("a");
  TurnMain();
  Await("b");
  barrier_.reset();
  TurnMain();
  TurnWorker(0);
  TurnWorker(1);
  TurnMain();
  EXPECT_THAT(done_, IsEmpty());
}

TEST_F(TurnBarrierTest, MayEndByWhatItCalls) {
  barrier_->Await([this] { barrier_.reset(); });
  Await("b");
  TurnMain();
  TurnWorker(0);
  TurnWorker(1);
  TurnMain();
  EXPECT_FALSE(barrier_.has_value());
  EXPECT_THAT(done_, IsEmpty());
}

TEST_F(TurnBarrierTest, WithoutWorkersItIsAtOnce) {
  barrier_.emplace(main_, std::vector<event::Loop*>());
  Await("a");
  EXPECT_THAT(done_, ElementsAre("a"));
}

}  // namespace
}  // namespace weir::clusters
