// What only the successor's side can see; the rest is handover_test.cc's.
#include "source/restart/predecessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "source/base/thread.h"
#include "test/support/temporary_folder.h"

namespace weir::restart {
namespace {

using testing::HasSubstr;

class PredecessorTest : public testing::Test {
 protected:
  // Whoever connects gets `answer`, before it has asked.
  void AnswerWith(std::vector<std::string_view> answer) {
    unlink(path_.c_str());
    listener_.Reset(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto address = net::Address::Pipe(path_);
    ASSERT_EQ(bind(listener_.get(), address->raw(), address->size()), 0);
    ASSERT_EQ(listen(listener_.get(), 1), 0);
    answer_ = std::move(answer);
  }
  std::string Error() {
    // Accepted by hand: the connection is there as soon as connect() returns.
    base::Descriptor client(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const auto address = net::Address::Pipe(path_);
    EXPECT_EQ(connect(client.get(), address->raw(), address->size()), 0);
    peer_.Reset(accept(listener_.get(), nullptr, nullptr));
    EXPECT_TRUE(SendPacket(peer_.get(), answer_).ok());
    Predecessor predecessor(loop_, std::move(client));
    return std::string(predecessor.Greet("test").message());
  }

  event::Loop loop_{"main", base::kMainThread};
  const test::TemporaryFolder folder_;
  const std::string path_ = folder_.path + "/predecessor.sock";
  base::Descriptor listener_, peer_;
  std::vector<std::string_view> answer_;
};

TEST_F(PredecessorTest, SaysWhyItIsRefused) {
  AnswerWith({kRefused, "drains"});
  EXPECT_EQ(Error(), "drains");
}

TEST_F(PredecessorTest, AnswersOfAnotherKind) {
  AnswerWith({kWelcome, "soon"});
  EXPECT_THAT(Error(), HasSubstr("does not understand"));
  AnswerWith({"hallo"});
  EXPECT_THAT(Error(), HasSubstr("does not understand"));
  AnswerWith({kWelcome, "2"});
  EXPECT_EQ(Error(), "");
}

TEST_F(PredecessorTest, APathThatIsNone) {
  EXPECT_THAT(Predecessor::Find(loop_, "@abstract", "test", 0).status().message(),
              HasSubstr("no path"));
  EXPECT_THAT(Predecessor::Find(loop_, "/dev/null/x", "test", 0).status().message(),
              HasSubstr("cannot connect to /dev/null/x"));
}

}  // namespace
}  // namespace weir::restart
