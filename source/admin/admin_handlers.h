// What each path of the admin endpoint answers. Made once; called on the admin thread. A body is a
// function that renders, which may run on another thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "source/admin/admin_request.h"
#include "source/admin/admin_server.h"
#include "source/admin/rendered_body.h"

namespace weir::admin {

struct AdminReply {
  int status = 200;
  std::string content_type = "text/plain; charset=UTF-8";
  std::string text;             // the body, unless `render` is set
  Render render;                // a body that may be large
  std::string_view allow = {};  // with 405: the methods there are, static text
};

struct AdminHandler {
  std::string path;
  std::string help;
  bool mutates = false;  // needs POST
  std::function<AdminReply(const AdminRequest&)> answer;
};

// Everything there is, "/" and "/help" included, by path.
std::vector<AdminHandler> CreateHandlers(const AdminSources& sources);

// Its parts.
void AddStatsHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers);
void AddConfigHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers);
void AddClusterHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers);
void AddCertificateHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers);
void AddProcessHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers);

AdminReply JsonReply(std::string json);
AdminReply ErrorReply(int status, std::string text);

}  // namespace weir::admin
