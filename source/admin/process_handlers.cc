// Tested by test/admin/admin_handlers_test.cc.
#include <malloc.h>

#include "absl/strings/str_cat.h"
#include "envoy/admin/v3/server_info.pb.h"
#include "source/admin/admin_handlers.h"
#include "source/base/log.h"
#include "source/config/load.h"

namespace weir::admin {

namespace {

const char* StateName(ServerState state) {
  switch (state) {
    case ServerState::kLive:
      return "LIVE";
    case ServerState::kDraining:
      return "DRAINING";
    case ServerState::kPreInitializing:
      return "PRE_INITIALIZING";
    case ServerState::kInitializing:
      return "INITIALIZING";
  }
  return "";
}

std::string LevelList() {
  std::string text = "active loggers:\n";
  for (const std::string& component : base::Components()) {
    absl::StrAppend(&text, "  ", component, ": ",
                    std::string(base::LogLevelName(base::GetLogLevel(component))), "\n");
  }
  return text;
}

AdminReply SetLevels(const AdminRequest& request) {
  for (const auto& [name, value] : request.query) {
    base::LogLevel level;
    if (!base::ParseLogLevel(value, level)) {
      return ErrorReply(400, absl::StrCat("\"", value,
                                          "\" is none of trace, debug, info, warning, "
                                          "error, critical, off\n"));
    }
    if (name == "level") {
      base::SetAllLogLevels(level);
    } else if (!base::SetLogLevel(name, level)) {
      return ErrorReply(400, absl::StrCat("\"", name, "\" is no logger\n", LevelList()));
    }
  }
  AdminReply reply;
  reply.text = LevelList();
  return reply;
}

AdminReply Done(const std::function<void()>& action) {
  action();
  AdminReply reply;
  reply.text = "OK\n";
  return reply;
}

// Not a field of Envoy's, hence there only while it is so: readers may be strict.
std::string WithLastGood(std::string json) {
  const size_t end = json.rfind("\n}");
  if (end != std::string::npos) json.insert(end, ",\n \"serves_last_good\": true");
  return json;
}

// Fills in what changes: the state.
AdminReply ServerInfo(const AdminSources& sources) {
  envoy::admin::v3::ServerInfo info;
  config::Faults faults;
  config::LoadText(sources.server_info_json(), info, faults);
  info.set_state(static_cast<envoy::admin::v3::ServerInfo::State>(sources.state()));
  const auto uptime = sources.uptime_s ? sources.uptime_s() : 0;
  info.mutable_uptime_current_epoch()->set_seconds(uptime);
  info.mutable_uptime_all_epochs()->set_seconds(uptime);
  std::string json = config::ToJson(info);
  const bool is_last_good = sources.serves_last_good && sources.serves_last_good();
  return JsonReply(is_last_good ? WithLastGood(std::move(json)) : std::move(json));
}

AdminReply Memory() {
  const struct mallinfo2 info = mallinfo2();
  return JsonReply(absl::StrCat("{\"allocated\": \"", info.uordblks + info.hblkhd,
                                "\", \"heap_size\": \"", info.arena + info.hblkhd,
                                "\", \"pageheap_free\": \"", info.fordblks, "\"}\n"));
}

}  // namespace

void AddProcessHandlers(const AdminSources& sources, std::vector<AdminHandler>& handlers) {
  handlers.push_back({"/ready", "200 and LIVE while traffic is served, 503 otherwise", false,
                      [state = sources.state](const AdminRequest&) {
                        AdminReply reply;
                        reply.status = state() == ServerState::kLive ? 200 : 503;
                        reply.text = absl::StrCat(StateName(state()), "\n");
                        return reply;
                      }});
  handlers.push_back({"/server_info", "version, state, options and node", false,
                      [sources](const AdminRequest&) { return ServerInfo(sources); }});
  handlers.push_back(
      {"/memory", "bytes the allocator has", false, [](const AdminRequest&) { return Memory(); }});
  handlers.push_back({"/logging",
                      "change log levels (?level=LEVEL for all, ?LOGGER=LEVEL for one), or list "
                      "them",
                      true, SetLevels});
  handlers.push_back({"/quitquitquit", "end the process at once", true,
                      [quit = sources.quit](const AdminRequest&) { return Done(quit); }});
  for (const bool fails : {true, false}) {
    handlers.push_back({fails ? "/healthcheck/fail" : "/healthcheck/ok",
                        fails ? "health_check filters answer 503 from now on, /ready too"
                              : "the end of /healthcheck/fail",
                        true, [fail = sources.fail_health_checks, fails](const AdminRequest&) {
                          return Done([&] { fail(fails); });
                        }});
  }
  handlers.push_back(
      {"/drain_listeners", "drain as on SIGTERM, then end", true,
       [drain = sources.drain_listeners](const AdminRequest&) { return Done(drain); }});
}

}  // namespace weir::admin
