#include "source/admin/admin_handlers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::admin {

namespace {

std::string HelpText(const std::vector<AdminHandler>& handlers) {
  std::string text = "admin commands are:\n";
  for (const AdminHandler& handler : handlers) {
    absl::StrAppend(&text, "  ", handler.path, handler.mutates ? " (POST)" : "", ": ", handler.help,
                    "\n");
  }
  return text;
}

std::string HomePage(const std::vector<AdminHandler>& handlers) {
  std::string page = "<!DOCTYPE html><html><head><title>Weir admin</title></head><body><table>\n";
  for (const AdminHandler& handler : handlers) {
    const std::string path = EscapeHtml(handler.path);
    const std::string cell = handler.mutates
                                 ? absl::StrCat("<form method=\"post\" action=\"", path.substr(1),
                                                "\"><button>", path, "</button></form>")
                                 : absl::StrCat("<a href=\"", path.substr(1), "\">", path, "</a>");
    absl::StrAppend(&page, "<tr><td>", cell, "</td><td>", EscapeHtml(handler.help), "</td></tr>\n");
  }
  return page + "</table></body></html>\n";
}

}  // namespace

AdminReply JsonReply(std::string json) {
  AdminReply reply;
  reply.content_type = "application/json";
  reply.text = std::move(json);
  return reply;
}

AdminReply ErrorReply(int status, std::string text) {
  AdminReply reply;
  reply.status = status;
  reply.text = std::move(text);
  return reply;
}

std::vector<AdminHandler> CreateHandlers(const AdminSources& sources) {
  std::vector<AdminHandler> handlers;
  AddStatsHandlers(sources, handlers);
  AddConfigHandlers(sources, handlers);
  AddClusterHandlers(sources, handlers);
  AddCertificateHandlers(sources, handlers);
  AddProcessHandlers(sources, handlers);
  std::sort(handlers.begin(), handlers.end(),
            [](const AdminHandler& a, const AdminHandler& b) { return a.path < b.path; });
  const std::string help = HelpText(handlers), home = HomePage(handlers);
  handlers.push_back({"/help", "print out this list", false, [help](const AdminRequest&) {
                        AdminReply reply;
                        reply.text = help;
                        return reply;
                      }});
  handlers.push_back({"/", "this list as a page", false, [home](const AdminRequest&) {
                        AdminReply reply;
                        reply.content_type = "text/html; charset=UTF-8";
                        reply.text = home;
                        return reply;
                      }});
  return handlers;
}

}  // namespace weir::admin
