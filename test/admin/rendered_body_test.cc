#include "source/admin/rendered_body.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace weir::admin {
namespace {

TEST(RenderedBodyTest, EverythingArrivesInOrder) {
  event::Loop loop("test", 0);
  RenderThreads threads(1);
  std::string expected;
  for (int i = 0; i < 20'000; ++i) expected += "line " + std::to_string(i) + "\n";
  std::string got;
  std::unique_ptr<RenderedBody> body;
  body = std::make_unique<RenderedBody>(
      loop, threads,
      [](Sink sink, const std::atomic<bool>&) {
        for (int i = 0; i < 20'000; ++i) sink("line " + std::to_string(i) + "\n");
      },
      [&] {
        base::Buffer piece;
        const bool is_last = body->Take(piece, 64 * 1024);
        got += piece.ToString();
        if (is_last) {
          loop.Stop();
        } else if (piece.size() == 64 * 1024) {
          loop.Post([&] { loop.Stop(); });
        }
      });
  while (got.size() < expected.size()) {
    loop.Run();
    base::Buffer piece;
    body->Take(piece, 64 * 1024);
    got += piece.ToString();
  }
  EXPECT_EQ(got, expected);
}

// A reader that takes nothing bounds what is rendered ahead of it.
TEST(RenderedBodyTest, RenderingWaitsForTheReaderAndEndsWithIt) {
  event::Loop loop("test", 0);
  std::atomic<size_t> rendered{0};
  {
    RenderThreads threads(1);
    RenderedBody body(
        loop, threads,
        [&](Sink sink, const std::atomic<bool>&) {
          const std::string piece(100'000, 'x');
          for (int i = 0; i < 100; ++i) {
            sink(piece);
            rendered += piece.size();
          }
        },
        [&] { loop.Stop(); });
    loop.Run();
    base::Buffer taken;
    EXPECT_FALSE(body.Take(taken, 10));
    EXPECT_EQ(taken.size(), 10u);
    EXPECT_LT(rendered, 10'000'000u);
  }
  // Destruction let the rest be rendered into nothing.
  EXPECT_EQ(rendered, 10'000'000u);
}

// The reader's thread is the admin endpoint's only one: a client that leaves must not hold it up.
TEST(RenderedBodyTest, NobodyWaitsForARenderWhoseReaderLeft) {
  event::Loop loop("test", 0);
  std::promise<void> go_on;
  std::atomic<bool> is_rendered{false};
  {
    RenderThreads threads(1);
    auto body = std::make_unique<RenderedBody>(
        loop, threads,
        [&, future = go_on.get_future().share()](Sink sink, const std::atomic<bool>& is_abandoned) {
          EXPECT_FALSE(is_abandoned);
          sink(std::string(64 * 1024, 'x'));
          future.wait();
          EXPECT_TRUE(is_abandoned);
          sink("more");
          is_rendered = true;
        },
        [&] { loop.Stop(); });
    loop.Run();
    body.reset();
    EXPECT_FALSE(is_rendered);
    go_on.set_value();
  }
  EXPECT_TRUE(is_rendered);
}

TEST(RenderedBodyTest, OneWhoseTurnNeverCameIsNotRendered) {
  event::Loop loop("test", 0);
  std::promise<void> go_on;
  std::atomic<bool> is_rendered{false};
  {
    RenderThreads threads(1);
    threads.Run([future = go_on.get_future().share()] { future.wait(); });
    {
      RenderedBody body(
          loop, threads, [&](Sink, const std::atomic<bool>&) { is_rendered = true; }, [] {});
    }
    std::promise<void> last;
    threads.Run([&] { last.set_value(); });
    go_on.set_value();
    last.get_future().wait();
  }
  EXPECT_FALSE(is_rendered);
}

}  // namespace
}  // namespace weir::admin
