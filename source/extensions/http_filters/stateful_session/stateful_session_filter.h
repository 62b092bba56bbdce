// Keeps a session with one host, whatever the balancing policy, and whatever weights become: the
// response tells the client which host it had, in a cookie or a header, and its next requests ask
// for that one. When the host is gone, or its health does not allow it (override_host_status), the
// policy picks another and the session goes on there; a strict session fails instead.
//
// A client may thus name any host of the cluster that it is routed to, and no other. Worker's
// thread.
#pragma once

#include <memory>

#include "source/extensions/http_filters/stateful_session/session_state.h"
#include "source/filter/http_filter.h"

namespace weir::extensions::stateful_session {

struct SessionSettings {
  std::shared_ptr<const SessionState> state;  // null: there are no sessions
  bool is_strict = false;
  int status_without_host = 503;  // of strict ones
};

// typed_per_filter_config.
class RouteSessionSettings final : public routing::FilterConfig {
 public:
  explicit RouteSessionSettings(SessionSettings settings) : settings_(std::move(settings)) {}
  const SessionSettings& settings() const { return settings_; }

 private:
  const SessionSettings settings_;
};

class StatefulSessionFilter final : public filter::HttpFilter {
 public:
  explicit StatefulSessionFilter(const SessionSettings& settings) : settings_(&settings) {}

  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  filter::FilterStatus OnResponseHead(http::ResponseHead& head, bool ends_stream) override;

 private:
  int64_t NowS() { return stream().loop().wall_us() / 1'000'000; }

  const SessionSettings* settings_;  // the route's, where it has some
  filter::WantedHost wanted_;        // unset: the client named none
  bool has_session_ = false;
};

}  // namespace weir::extensions::stateful_session
