#include "test/bench/xds/trials.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "test/bench/sockets.h"

namespace weir::bench {
namespace {

constexpr double kEditPatienceMs = 10'000;
// Between two requests: they are to see an edit, not to keep the proxy busy.
constexpr int kPaceUs = 50;
constexpr int kSampled = 20;  // clusters, beside the last
constexpr int kMostPauseUs = 3'000;

double MsSince(uint64_t began_ns) { return static_cast<double>(NowNs() - began_ns) / 1e6; }

void PauseUs(int64_t us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }

// A pace in edits a second: how many are due by now.
class Pace {
 public:
  explicit Pace(double per_s) : per_s_(per_s) {}
  bool IsDue(double elapsed_s) {
    if (static_cast<double>(done_) >= elapsed_s * per_s_) return false;
    ++done_;
    return true;
  }

 private:
  const double per_s_;
  uint64_t done_ = 0;
};

}  // namespace

double EditReport::Quantile(double fraction) const {
  if (ms.empty()) return 0;
  return ms[std::min(ms.size() - 1,
                     static_cast<size_t>(fraction * static_cast<double>(ms.size())))];
}

Trials::Trials(FleetControl& control, const FleetPlan& plan, int connections)
    : control_(control), plan_(plan) {
  prctl(PR_SET_TIMERSLACK, 1);
  control_.Make([this](Fleet& fleet) {
    probed_ = fleet.Probed();
    return Edit();
  });
  for (int i = 0; i < connections; ++i) probes_.emplace_back(plan.listener_port);
}

int Trials::Draw() { return probed_[random_() % probed_.size()]; }

ServingReport Trials::WaitUntilServing(double patience_s) {
  std::vector<int> awaited = {plan_.clusters - 1};
  const bool has_all_routes = plan_.routes < 0;
  for (int i = 0; has_all_routes && i < kSampled; ++i) {
    awaited.push_back(static_cast<int>(random_() % plan_.clusters));
  }
  const uint64_t began_ns = NowNs();
  ServingReport report;
  Probe probe(plan_.listener_port);
  for (const int cluster : awaited) {
    while (probe.Ask(Fleet::HostOf(cluster)).empty()) {
      if (MsSince(began_ns) > patience_s * 1e3) return report;
      PauseUs(500);
    }
  }
  report.is_serving = true;
  report.serving_ms = MsSince(control_.opened_ns());
  report.bytes = control_.sent_bytes();
  return report;
}

EditReport Trials::MeasureEdits(Telling telling, int count) {
  EditReport report;
  for (int i = 0; i < count; ++i) {
    const int cluster = Draw();
    const uint64_t began_ns = NowNs();
    Edit edit;
    if (telling == Telling::kAllEndpoints) {
      edit = control_.Make([cluster](Fleet& fleet) { return fleet.MoveEndpoint(cluster); });
      for (const Push& push : edit.pushes) control_.Send(push, true);
    } else if (telling == Telling::kEndpoint) {
      edit = control_.Apply([cluster](Fleet& fleet) { return fleet.MoveEndpoint(cluster); });
    } else {
      edit = control_.Apply([cluster](Fleet& fleet) { return fleet.ReplaceCluster(cluster); });
    }
    const double ms = TimeUntilSeen(edit, began_ns);
    if (ms < 0) {
      ++report.overdue;
    } else {
      report.ms.push_back(ms);
    }
  }
  std::sort(report.ms.begin(), report.ms.end());
  return report;
}

double Trials::TimeUntilSeen(const Edit& edit, uint64_t began_ns) {
  for (Probe& probe : probes_) {
    while (probe.Ask(edit.host) != edit.answer) {
      if (MsSince(began_ns) > kEditPatienceMs) return -1;
      PauseUs(kPaceUs);
    }
  }
  return MsSince(began_ns);
}

TrafficReport Trials::Churn(const ChurnPlan& churn, const TrafficPlan& plan) {
  Traffic traffic(plan);
  Pace endpoints(churn.endpoints_per_s), clusters(churn.clusters_per_s),
      listeners(churn.listeners_per_s);
  bool is_serving_one = false;
  const uint64_t began_ns = NowNs();
  for (double elapsed_s = 0; elapsed_s < churn.seconds; elapsed_s = MsSince(began_ns) / 1e3) {
    while (endpoints.IsDue(elapsed_s)) {
      control_.Apply([cluster = Draw()](Fleet& fleet) { return fleet.MoveEndpoint(cluster); });
    }
    while (clusters.IsDue(elapsed_s)) {
      control_.Apply([cluster = Draw()](Fleet& fleet) { return fleet.ReplaceCluster(cluster); });
    }
    while (listeners.IsDue(elapsed_s)) {
      control_.Apply(
          [is_serving_one](Fleet& fleet) { return fleet.TouchListener(is_serving_one); });
      is_serving_one = !is_serving_one;
    }
    PauseUs(1000);
  }
  return traffic.Stop();
}

OrdersReport Trials::ShuffleOrders(int count, const TrafficPlan& plan) {
  Traffic traffic(plan);
  OrdersReport report;
  for (; report.orders < count; ++report.orders) {
    const uint64_t began_ns = NowNs();
    Edit edit =
        control_.Make([cluster = Draw()](Fleet& fleet) { return fleet.RenameCluster(cluster); });
    std::shuffle(edit.pushes.begin(), edit.pushes.end(), random_);
    for (Push& push : edit.pushes) {
      control_.Send(std::move(push));
      if (random_() % 2 == 0) PauseUs(static_cast<int64_t>(random_() % kMostPauseUs));
    }
    const double ms = TimeUntilSeen(edit, began_ns);
    report.overdue += ms < 0;
    report.worst_ms = std::max(report.worst_ms, ms);
  }
  report.traffic = traffic.Stop();
  return report;
}

}  // namespace weir::bench
