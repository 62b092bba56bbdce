// Route configuration as protobuf text, and requests to ask it with. Test thread.
//
//   auto table = test::ParseTable(R"pb(virtual_hosts { name: "v" domains: "*" … })pb");
//   test::Request request("GET", "host", "/path", {{"name", "value"}});
//   const routing::Route* route = table->Find(request.head, 0);
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "envoy/config/route/v3/route.pb.h"
#include "google/protobuf/text_format.h"
#include "source/routing/route_parser.h"

namespace weir::test {

template <class Proto>
Proto FromText(const std::string& text) {
  Proto proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return proto;
}

// Fails the test when there are faults.
inline std::unique_ptr<const routing::RouteTable> ParseTable(
    const std::string& text, const routing::ParseContext& context = routing::BareContext()) {
  config::Faults faults;
  auto table = routing::ParseRouteTable(
      FromText<envoy::config::route::v3::RouteConfiguration>(text), context, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return table;
}

// "path: text" for each fault, in order.
inline std::vector<std::string> Lines(const config::Faults& faults) {
  std::vector<std::string> out;
  for (const config::Fault& fault : faults.faults()) out.push_back(fault.path + ": " + fault.text);
  return out;
}

// A request's head with the memory it points into.
class Request {
 public:
  using Headers = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Request(std::string_view method, std::string_view authority, std::string_view path,
          Headers headers = {})
      : head(arena_) {
    head.method = http::ParseMethod(method);
    head.method_name = arena_.Copy(method);
    head.authority = arena_.Copy(authority);
    head.path = arena_.Copy(path);
    head.scheme = "http";
    for (const auto& [name, value] : headers) head.headers.AddCopy(name, value);
  }

 private:
  base::Arena arena_;

 public:
  http::RequestHead head;
};

}  // namespace weir::test
