#include "source/config/text_document.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

using Kind = TextNode::Kind;

std::shared_ptr<const TextDocument> Read(std::string_view text) {
  Faults faults;
  auto document = TextDocument::Parse(text, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return document;
}

std::string FaultOf(std::string_view text) {
  Faults faults("f");
  EXPECT_EQ(TextDocument::Parse(text, faults), nullptr);
  return faults.ToString();
}

TEST(TextDocument, ReadsYamlWithPlaces) {
  const auto document = Read("a: 1\nb:\n- x\n- 'y'\n- ~\n");
  const TextNode& root = document->root();
  ASSERT_EQ(root.kind, Kind::kMap);
  EXPECT_EQ(root.FindKey("a")->text, "1");
  EXPECT_FALSE(root.FindKey("a")->is_quoted);
  const TextNode& list = *root.FindKey("b");
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_TRUE(list.items[1]->is_quoted);
  EXPECT_EQ(list.items[2]->kind, Kind::kNull);
  EXPECT_EQ(list.items[1]->position.line, 4);
  EXPECT_EQ(list.items[1]->position.column, 3);
  EXPECT_EQ(root.FindKey("c"), nullptr);
}

TEST(TextDocument, ReadsJson) {
  const auto document = Read("{\n\t\"a\": [1, {\"b\": \"\\u00e9\\/\\ud83d\\ude00\"}]\n}");
  EXPECT_EQ(document->root().FindKey("a")->items[1]->FindKey("b")->text, "é/😀");
}

TEST(TextDocument, AnEscapedBackslashBeforeAUIsNoEscape) {
  EXPECT_EQ(Read(R"({"a": "\\ud83d\\ude00"})")->root().FindKey("a")->text, "\\ud83d\\ude00");
}

TEST(TextDocument, AnEmptyTextIsNull) {
  EXPECT_EQ(Read("")->root().kind, Kind::kNull);
  EXPECT_EQ(Read("# nothing\n")->root().kind, Kind::kNull);
}

TEST(TextDocument, AliasesStandForTheirAnchors) {
  const auto document = Read("a: &x {k: v}\nb: *x\nc: &y 7\nd: *y\n");
  EXPECT_EQ(document->root().FindKey("b")->FindKey("k")->text, "v");
  EXPECT_EQ(document->root().FindKey("d")->text, "7");
}

TEST(TextDocument, KeysTaggedIgnoreAreDropped) {
  const auto document = Read("!ignore shared:\n- &a {x: 1}\nb: *a\n");
  ASSERT_EQ(document->root().entries.size(), 1u);
  EXPECT_EQ(document->root().FindKey("b")->FindKey("x")->text, "1");
}

TEST(TextDocument, AStringTagQuotes) {
  EXPECT_TRUE(Read("a: !!str 12")->root().FindKey("a")->is_quoted);
}

TEST(TextDocument, RefusesWhatIsNotYaml) {
  struct Case {
    std::string text, fault;
  };
  for (const Case& c : {
           Case{"\xEF\xBB\xBF"
                "a: 1",
                "f:1:1: begins with a byte order mark; save it as UTF-8 without one"},
           Case{std::string("\xFF\xFE"
                            "a\0",
                            4),
                "f:1:1: begins with a byte order mark; save it as UTF-8 without one"},
           Case{"a: 1\nb: \xFF", "f:2:4: is not UTF-8 here"},
           Case{std::string("a: 1\nbc: \0", 10), "f:2:5: holds a control character here"},
           Case{"a:\n\tb: 1\n", "f:2:3: a tab in the indentation; YAML takes spaces"},
           Case{"a: [1, 2", "f:1:1: is not YAML here: end of sequence flow not found"},
           Case{"a: b: c", "f:1:5: is not YAML here: illegal map value"},
           Case{"a: *x", "f:1:4: is not YAML here: the referenced anchor is not defined"},
           Case{"a: 1\n---\nb: 2\n", "f:1:1: holds more than one YAML document"},
           Case{"? [a]\n: 1\n", "f:1:3: a key must be plain text"},
           Case{"a: &x [*x]", "f:1:8: an alias stands inside what it stands for"},
       }) {
    EXPECT_EQ(FaultOf(c.text), c.fault);
  }
}

TEST(TextDocument, DepthIsBounded) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Read(nested(100))->root().kind, Kind::kList);
  EXPECT_EQ(FaultOf(nested(101)), "f:1:101: nested more than 100 deep");
  EXPECT_EQ(FaultOf(nested(100000)), "f:1:101: nested more than 100 deep");
  EXPECT_NE(FaultOf(std::string(1000000, '[')), "");
  std::string blocks;
  for (int i = 0; i < 150; ++i) blocks += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(FaultOf(blocks), "f:101:101: nested more than 100 deep");
}

TEST(TextDocument, AliasesDoNotHideDepth) {
  std::string text = "a0: &a0 {x: 1}\n";
  for (int i = 1; i < 150; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " {x: *a" +
            std::to_string(i - 1) + "}\n";
  }
  EXPECT_EQ(FaultOf(text), "f:100:15: nested more than 100 deep");
}

TEST(TextDocument, BillionLaughsAreCapped) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) text += ", " + before;
    text += "]\n";
  }
  const std::string fault = FaultOf(text);
  EXPECT_EQ(fault.substr(fault.find(": ") + 2), "aliases stand for more than 100000 values in all");
}

TEST(TextDocument, FindsPlacesByPath) {
  const auto document = Read("staticResources:\n  clusters:\n  - name: a\n  - meta: {a.b: 1}\n");
  EXPECT_EQ(document->Find("static_resources.clusters").position.line, 2);
  EXPECT_EQ(document->Find("static_resources.clusters[0].name").position.column, 5);
  EXPECT_EQ(document->Find("static_resources.clusters[1].meta[a.b]").position.column, 12);
  EXPECT_EQ(document->Find("static_resources.clusters[1].type").position.line, 4);
  EXPECT_EQ(document->Find("static_resources.clusters[9].type").position.line, 2);
  EXPECT_EQ(document->Find("").position.line, 1);
}

TEST(TextDocument, TheFieldsOfATypedStructAreThoseOfItsValue) {
  const auto document =
      Read("config:\n  '@type': t/xds.type.v3.TypedStruct\n  value:\n    name: a\n");
  EXPECT_EQ(document->Find("config.name").position.line, 4);
}

TEST(TextDocument, FromStructKeepsKinds) {
  google::protobuf::Struct value;
  (*value.mutable_fields())["n"].set_number_value(5);
  (*value.mutable_fields())["s"].set_string_value("5");
  (*value.mutable_fields())["b"].set_bool_value(true);
  (*value.mutable_fields())["z"].set_null_value(google::protobuf::NULL_VALUE);
  (*value.mutable_fields())["l"].mutable_list_value()->add_values()->set_number_value(1.5);
  const TextDocument document = TextDocument::FromStruct(value);
  const TextNode& root = document.root();
  EXPECT_EQ(root.FindKey("n")->text, "5");
  EXPECT_FALSE(root.FindKey("n")->is_quoted);
  EXPECT_TRUE(root.FindKey("s")->is_quoted);
  EXPECT_EQ(root.FindKey("b")->text, "true");
  EXPECT_EQ(root.FindKey("z")->kind, Kind::kNull);
  EXPECT_EQ(root.FindKey("l")->items[0]->text, "1.5");
  EXPECT_EQ(root.entries[0].key, "b");  // sorted
}

TEST(ToSnakeCase, TurnsCamelCase) {
  EXPECT_EQ(ToSnakeCase("maxConnections"), "max_connections");
  EXPECT_EQ(ToSnakeCase("max_connections"), "max_connections");
}

}  // namespace
}  // namespace weir::config
