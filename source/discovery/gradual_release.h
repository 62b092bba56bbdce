// Frees what is made of very many parts little by little: the last reference to a route table with
// ten thousand virtual hosts would otherwise keep one turn of the main loop busy with all of them.
// Main thread.
//
//   GradualRelease release(main);
//   release.Add(table, table->parts());   // keeps the parts, not the table
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <vector>

#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::discovery {

class GradualRelease {
 public:
  using Parts = std::vector<std::shared_ptr<const void>>;

  // Of one turn.
  static constexpr size_t kPartsPerTurn = 500;

  explicit GradualRelease(event::Loop& main);

  // Once `whole` is gone, its parts go, a turn's worth each turn.
  void Add(std::weak_ptr<const void> whole, Parts parts);

 private:
  // How often it is asked whether something is gone: workers may hold it for long.
  static constexpr int64_t kAskMs = 1'000;

  struct Held {
    std::weak_ptr<const void> whole;
    Parts parts;
  };

  void GoOn();

  std::list<Held> held_;
  event::Timer timer_;
};

}  // namespace weir::discovery
