#include "source/extensions/listener_filters/tls_inspector/inspected_hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "test/extensions/listener_filters/tls_inspector/hello_text.h"

namespace weir::extensions::tls_inspector {
namespace {

using Outcome = ClientHelloReader::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr size_t kMaxBytes = 16 * 1024;

struct Result {
  Outcome outcome;
  std::string server_name;
  std::vector<std::string> protocols;
  friend bool operator==(const Result&, const Result&) = default;
};

Result Read(std::string_view bytes, size_t max_bytes = kMaxBytes) {
  ClientHelloReader reader(max_bytes);
  const Outcome outcome = reader.Read(bytes);
  return {outcome, reader.hello().server_name, reader.hello().application_protocols};
}

// As a socket would show them.
Result ReadByteByByte(std::string_view bytes, size_t max_bytes = kMaxBytes) {
  ClientHelloReader reader(max_bytes);
  Outcome outcome = Outcome::kNeedMore;
  for (size_t size = 1; size <= bytes.size() && outcome == Outcome::kNeedMore; ++size) {
    outcome = reader.Read(bytes.substr(0, size));
  }
  return {outcome, reader.hello().server_name, reader.hello().application_protocols};
}

TEST(ClientHelloTest, FindsNameAndProtocols) {
  const Result result = Read(Hello(ServerName("WWW.Example.com") + Alpn({"h2", "http/1.1"})));
  EXPECT_EQ(result.outcome, Outcome::kFound);
  EXPECT_EQ(result.server_name, "www.example.com");
  EXPECT_THAT(result.protocols, ElementsAre("h2", "http/1.1"));
}

TEST(ClientHelloTest, NeitherNeedsToBeThere) {
  for (const std::string& extensions : {std::string(), Extension(0x0a0a, "grease")}) {
    const Result result = Read(Hello(extensions));
    EXPECT_EQ(result.outcome, Outcome::kFound);
    EXPECT_EQ(result.server_name, "");
    EXPECT_THAT(result.protocols, IsEmpty());
  }
}

TEST(ClientHelloTest, MayBeSpreadOverRecords) {
  const std::string message = HelloMessage(ServerName("a.test") + Alpn({"h2"}));
  for (const size_t size : {1u, 3u, 4u, 5u, 40u}) {
    std::string bytes;
    for (size_t at = 0; at < message.size(); at += size) bytes += Record(message.substr(at, size));
    EXPECT_EQ(Read(bytes).server_name, "a.test") << size;
    EXPECT_EQ(ReadByteByByte(bytes), Read(bytes)) << size;
  }
}

TEST(ClientHelloTest, TellsOtherProtocolsAtTheFirstByteThatDiffers) {
  EXPECT_EQ(Read("").outcome, Outcome::kNeedMore);
  EXPECT_EQ(Read("G").outcome, Outcome::kNotTls);
  EXPECT_EQ(Read("\x16").outcome, Outcome::kNeedMore);
  EXPECT_EQ(Read("\x16\x02").outcome, Outcome::kNotTls);
  EXPECT_EQ(Read("\x16\x03\x05").outcome, Outcome::kNotTls);
  EXPECT_EQ(Read(std::string("\x16\x03\x01\x00\x00", 5)).outcome, Outcome::kNotTls);
  EXPECT_EQ(Read(std::string("\x16\x03\x01\x41\x01", 5)).outcome, Outcome::kNotTls);
  EXPECT_EQ(Read(std::string("\x16\x03\x01\x00\x10\x02", 6)).outcome, Outcome::kNotTls);
}

TEST(ClientHelloTest, ASecondRecordMustBeOneOfTheHandshake) {
  const std::string message = HelloMessage(ServerName("a.test"));
  EXPECT_EQ(Read(Record(message.substr(0, 20)) + std::string("\x17\x03\x03\x00\x01x", 6)).outcome,
            Outcome::kMalformed);
  EXPECT_EQ(Read(Record(message.substr(0, 20)) + std::string("\x16\x03\x03\x00\x00", 5)).outcome,
            Outcome::kMalformed);
}

// What says that it will be long is not waited for.
TEST(ClientHelloTest, RefusesALongOneEarly) {
  const std::string hello = Hello(Extension(21, std::string(600, '\0')));
  EXPECT_EQ(Read(hello, 700).outcome, Outcome::kFound);
  EXPECT_EQ(Read(hello.substr(0, 9), 600).outcome, Outcome::kTooLarge);
  EXPECT_EQ(Read(hello.substr(0, 8), 600).outcome, Outcome::kNeedMore);
}

// M23
TEST(ClientHelloTest, ANameThatIsNoHostNameIsNone) {
  for (const std::string& name :
       {std::string("a\0b", 3), std::string(), std::string("10.0.0.1"), std::string("::1"),
        std::string("a b"), std::string(256, 'a'), std::string("\xc3\xa4.test")}) {
    const Result result = Read(Hello(ServerName(name)));
    EXPECT_EQ(result.outcome, Outcome::kFound) << name;
    EXPECT_EQ(result.server_name, "") << name;
  }
}

// M23
TEST(ClientHelloTest, RefusesWhatDoesNotAddUp) {
  const std::string name = Number(0, 1) + Vector("a.test", 2);
  for (const std::string& extensions : {
           Extension(0, Vector(name + name, 2)),    // two names
           ServerName("a") + ServerName("b"),       // the extension twice
           Alpn({"h2"}) + Alpn({"h2"}),             // likewise
           Extension(0, Vector(name, 2) + "x"),     // something behind the list
           Extension(0, Number(40, 2) + name),      // more than there is
           Extension(0, ""),                        //
           Extension(16, Vector(Number(0, 1), 2)),  // an empty protocol
           Extension(16, Number(9, 2) + "\x02h2"),  // more than there is
           Extension(16, Vector("\x05h2", 2)),      // likewise, inside
           Number(0, 2) + Number(100, 2) + std::string("short"),
           std::string("xyz"),
       }) {
    EXPECT_EQ(Read(Hello(extensions)).outcome, Outcome::kMalformed);
  }
  const std::string body(10, 'r');
  EXPECT_EQ(Read(Record(Number(1, 1) + Vector(body, 3))).outcome, Outcome::kMalformed);
}

TEST(ClientHelloTest, SplitsDoNotMatter) {
  EXPECT_TRUE(rc::check("whatever the bytes", [] {
    std::string bytes = Hello(ServerName("a.test") + Alpn({"h2", "http/1.1"}));
    // A few bytes differ, so that most of it still looks like a hello.
    const auto changes = *rc::gen::resize(
        4, rc::gen::container<std::vector<std::pair<size_t, char>>>(rc::gen::pair(
               rc::gen::inRange<size_t>(0, bytes.size()), rc::gen::arbitrary<char>())));
    for (const auto& [at, value] : changes) bytes[at] = value;
    const Result whole = Read(bytes);
    if (whole.outcome != Outcome::kNeedMore) RC_ASSERT(ReadByteByByte(bytes) == whole);
  }));
}

}  // namespace
}  // namespace weir::extensions::tls_inspector
