#include "source/admin/rendered_body.h"

#include <gtest/gtest.h>

#include <atomic>

namespace weir::admin {
namespace {

TEST(RenderedBodyTest, EverythingArrivesInOrder) {
  event::Loop loop("test", 0);
  std::string expected;
  for (int i = 0; i < 20'000; ++i) expected += "line " + std::to_string(i) + "\n";
  std::string got;
  std::unique_ptr<RenderedBody> body;
  body = std::make_unique<RenderedBody>(
      loop,
      [](Sink sink) {
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
    RenderedBody body(
        loop,
        [&](Sink sink) {
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
  }
  // Destruction let the rest be rendered into nothing.
  EXPECT_EQ(rendered, 10'000'000u);
}

}  // namespace
}  // namespace weir::admin
