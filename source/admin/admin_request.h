// A request to the admin endpoint, taken apart. Values are percent-decoded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "source/http/message.h"

namespace weir::admin {

struct AdminRequest {
  http::Method method = http::Method::kGet;
  std::string path;  // without the query
  std::map<std::string, std::string, std::less<>> query;

  bool Has(std::string_view name) const { return query.find(name) != query.end(); }
  // Empty when absent.
  std::string_view Get(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
};

// `target` is a path with its query, as the request line has it.
AdminRequest ParseAdminRequest(http::Method method, std::string_view target);

// Whether a browser that was lured to us may be behind the request: an Origin that is not ours, or
// a Host that is a name other than localhost (DNS rebinding).
bool LooksForged(const http::RequestHead& head);

std::string EscapeHtml(std::string_view text);

}  // namespace weir::admin
