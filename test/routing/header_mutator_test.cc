#include "source/routing/header_mutator.h"

#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "test/routing/route_text.h"

namespace weir::routing {
namespace {

// Stands for the compiler of a higher layer: "%name%" evaluates to the text it was made of.
struct Echo final : ValueTemplate {
  explicit Echo(std::string_view text) : text(text) {}
  std::string text;
};

std::string_view Evaluate(const ValueTemplate& value) {
  const auto& echo = static_cast<const Echo&>(value);
  return echo.text == "%EMPTY%" ? std::string_view() : std::string_view(echo.text);
}

absl::StatusOr<std::shared_ptr<const ValueTemplate>> Compile(std::string_view text) {
  if (text == "%BAD%") return absl::InvalidArgumentError("unknown operator BAD");
  return std::make_shared<Echo>(text);
}

ParseContext Context() {
  const ParseContext& bare = BareContext();
  return {bare.cluster_slot, Compile, bare.filter_config};
}

using Fields = std::vector<std::string>;

Fields Dump(const http::HeaderMap& headers) {
  Fields out;
  for (const http::Header& header : headers) {
    out.push_back(base::StrCat(header.name, ": ", header.value));
  }
  return out;
}

// What a table with these fields at its top makes of a request's headers.
Fields Mutated(const std::string& fields, test::Request::Headers headers) {
  test::Request request("GET", "h", "/", headers);
  const auto table = test::ParseTable(fields, Context());
  if (table == nullptr) return {};
  ApplyHeaderMutations(table->request_headers(), request.head.headers, Evaluate);
  return Dump(request.head.headers);
}

TEST(HeaderMutatorTest, AppendActions) {
  const auto with = [](const std::string& action, test::Request::Headers headers) {
    return Mutated("request_headers_to_add { header { key: 'X-A' value: 'new' } " + action + "}",
                   headers);
  };
  EXPECT_EQ(with("", {{"x-a", "old"}}), (Fields{"x-a: old", "x-a: new"}));
  EXPECT_EQ(with("", {}), (Fields{"x-a: new"}));
  EXPECT_EQ(with("append_action: ADD_IF_ABSENT", {{"x-a", "old"}}), (Fields{"x-a: old"}));
  EXPECT_EQ(with("append_action: ADD_IF_ABSENT", {}), (Fields{"x-a: new"}));
  EXPECT_EQ(with("append_action: OVERWRITE_IF_EXISTS_OR_ADD", {{"x-a", "1"}, {"x-a", "2"}}),
            (Fields{"x-a: new"}));
  EXPECT_EQ(with("append_action: OVERWRITE_IF_EXISTS_OR_ADD", {}), (Fields{"x-a: new"}));
  EXPECT_EQ(with("append_action: OVERWRITE_IF_EXISTS", {{"x-a", "old"}}), (Fields{"x-a: new"}));
  EXPECT_EQ(with("append_action: OVERWRITE_IF_EXISTS", {}), Fields{});
  EXPECT_EQ(with("append { value: false }", {{"x-a", "old"}}), (Fields{"x-a: new"}));
  EXPECT_EQ(with("append { value: true }", {{"x-a", "old"}}), (Fields{"x-a: old", "x-a: new"}));
}

TEST(HeaderMutatorTest, WellKnownNames) {
  EXPECT_EQ(Mutated("request_headers_to_add { header { key: 'User-Agent' value: 'w' } "
                    "append_action: OVERWRITE_IF_EXISTS_OR_ADD }",
                    {{"user-agent", "u"}, {"accept", "a"}}),
            (Fields{"accept: a", "user-agent: w"}));
}

TEST(HeaderMutatorTest, RemovesBeforeItAdds) {
  EXPECT_EQ(Mutated("request_headers_to_add { header { key: 'x-a' value: 'new' } } "
                    "request_headers_to_remove: 'X-A' request_headers_to_remove: 'accept'",
                    {{"x-a", "1"}, {"accept", "a"}, {"x-b", "2"}, {"x-a", "3"}}),
            (Fields{"x-b: 2", "x-a: new"}));
}

TEST(HeaderMutatorTest, TemplatesAndEmptyValues) {
  EXPECT_EQ(Mutated("request_headers_to_add { header { key: 'x-a' value: '%ECHO%' } }", {}),
            (Fields{"x-a: %ECHO%"}));
  EXPECT_EQ(Mutated("request_headers_to_add { header { key: 'x-a' value: '%EMPTY%' } } "
                    "request_headers_to_add { header { key: 'x-b' } }",
                    {}),
            Fields{});
  EXPECT_EQ(Mutated("request_headers_to_add { header { key: 'x-a' value: '%EMPTY%' } "
                    "keep_empty_value: true }",
                    {}),
            (Fields{"x-a: "}));
}

constexpr char kLevels[] = R"pb(
  request_headers_to_add {
    header { key: "x-level" value: "table" }
    append_action: OVERWRITE_IF_EXISTS_OR_ADD
  }
  response_headers_to_add { header { key: "x-order" value: "table" } }
  virtual_hosts {
    name: "v"
    domains: "*"
    request_headers_to_add {
      header { key: "x-level" value: "host" }
      append_action: OVERWRITE_IF_EXISTS_OR_ADD
    }
    response_headers_to_add { header { key: "x-order" value: "host" } }
    routes {
      match { prefix: "/" }
      request_headers_to_add {
        header { key: "x-level" value: "route" }
        append_action: OVERWRITE_IF_EXISTS_OR_ADD
      }
      response_headers_to_add { header { key: "x-order" value: "route" } }
      route {
        weighted_clusters {
          clusters {
            name: "c"
            weight { value: 1 }
            request_headers_to_add {
              header { key: "x-level" value: "cluster" }
              append_action: OVERWRITE_IF_EXISTS_OR_ADD
            }
            response_headers_to_add { header { key: "x-order" value: "cluster" } }
          }
        }
      }
    }
  }
)pb";

TEST(HeaderMutatorTest, LevelsInOrder) {
  for (const bool specific_wins : {false, true}) {
    const auto table = test::ParseTable(
        base::StrCat(kLevels, specific_wins ? "most_specific_header_mutations_wins: true" : ""));
    test::Request request("GET", "h", "/");
    const Route* route = table->Find(request.head, 0);
    ASSERT_NE(route, nullptr);
    const WeightedCluster* chosen = RouteTable::Choose(std::get<ForwardAction>(route->action), 1);
    ApplyRequestMutations(*table, *route, chosen, request.head.headers, Evaluate);
    EXPECT_EQ(Dump(request.head.headers),
              (Fields{specific_wins ? "x-level: cluster" : "x-level: table"}));

    test::Request response("GET", "h", "/");
    ApplyResponseMutations(*table, *route, nullptr, response.head.headers, Evaluate);
    Fields expected{"x-order: route", "x-order: host", "x-order: table"};
    if (specific_wins) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(Dump(response.head.headers), expected);
  }
}

TEST(HeaderMutatorTest, FaultsSayWhere) {
  config::Faults faults;
  EXPECT_EQ(ParseRouteTable(test::FromText<envoy::config::route::v3::RouteConfiguration>(R"pb(
                              request_headers_to_add { header { key: ":path" value: "/" } }
                              request_headers_to_add { header { key: "Host" value: "h" } }
                              request_headers_to_add { header { key: "a b" value: "h" } }
                              request_headers_to_add { header { key: "x" value: "1\r\nevil: 2" } }
                              request_headers_to_add { header { key: "Content-Length" value: "0" } }
                              request_headers_to_add { header { key: "x" value: "%BAD%" } }
                              request_headers_to_add {
                                header { key: "x" value: "1" }
                                append { value: true }
                                append_action: ADD_IF_ABSENT
                              }
                              response_headers_to_remove: ":status"
                              response_headers_to_remove: "host"
                              response_headers_to_remove: "a:b"
                            )pb"),
                            Context(), faults),
            nullptr);
  std::vector<std::string> paths;
  for (const config::Fault& fault : faults.faults()) paths.push_back(fault.path);
  EXPECT_EQ(paths, (std::vector<std::string>{
                       "request_headers_to_add[0].header.key",
                       "request_headers_to_add[1].header.key",
                       "request_headers_to_add[2].header.key",
                       "request_headers_to_add[3].header.value",
                       "request_headers_to_add[4].header.key",
                       "request_headers_to_add[5].header.value",
                       "request_headers_to_add[6].append_action",
                       "response_headers_to_remove[0]",
                       "response_headers_to_remove[1]",
                       "response_headers_to_remove[2]",
                   }));
  EXPECT_EQ(faults.faults()[5].text, "unknown operator BAD");
}

}  // namespace
}  // namespace weir::routing
