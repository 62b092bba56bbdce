// The other side of tools/xds_benchmark: a control plane with a fleet of clusters, their endpoints,
// and the client that asks the proxy under test. Told what to do line by line on standard input, it
// answers each with one line of JSON.
//
//   xds_fleet CLUSTERS ENDPOINTS ROUTES LISTENER_PORT CONNECTIONS
//       ROUTES: virtual hosts, -1 for one a cluster; CONNECTIONS: on which an edit has to be seen
//
//   serving PATIENCE_S                  until the last cluster answers
//   edits endpoint|endpoints|cluster N  until one change of N takes effect, one after another
//   churn SECONDS EDS CDS LDS CONNECTIONS PER_SECOND    edits a second under traffic
//   orders N CONNECTIONS PER_SECOND     random orders of CDS, EDS, LDS and RDS under traffic
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "test/bench/sockets.h"
#include "test/bench/xds/fleet_backend.h"
#include "test/bench/xds/fleet_control.h"
#include "test/bench/xds/trials.h"

namespace weir::bench {
namespace {

// For a message that a proxy sent.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

class Commands {
 public:
  Commands(const FleetPlan& plan, int connections)
      : plan_(plan), control_(plan), trials_(control_, plan, connections) {}

  const std::string& address() const { return control_.address(); }

  // False: not a command.
  bool Run(const std::string& line) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "serving") return Serving(words);
    if (name == "edits") return Edits(words);
    if (name == "churn") return Churn(words);
    if (name == "orders") return Orders(words);
    return false;
  }

 private:
  bool Serving(std::istringstream& words) {
    double patience_s = 0;
    if (!(words >> patience_s)) return false;
    const ServingReport report = trials_.WaitUntilServing(patience_s);
    std::printf("{\"is_serving\": %s, \"serving_ms\": %.2f, \"bytes\": %lu, ",
                report.is_serving ? "true" : "false", report.serving_ms, report.bytes);
    return End();
  }

  bool Edits(std::istringstream& words) {
    std::string what;
    int count = 0;
    if (!(words >> what >> count)) return false;
    Telling telling = Telling::kCluster;
    if (what == "endpoint") telling = Telling::kEndpoint;
    if (what == "endpoints") telling = Telling::kAllEndpoints;
    const EditReport report = trials_.MeasureEdits(telling, count);
    std::printf(
        "{\"count\": %zu, \"overdue\": %d, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"worst_ms\": "
        "%.3f, ",
        report.ms.size(), report.overdue, report.Quantile(0.5), report.Quantile(0.99),
        report.Quantile(1));
    return End();
  }

  bool Churn(std::istringstream& words) {
    ChurnPlan churn;
    TrafficPlan traffic = NewTraffic();
    if (!(words >> churn.seconds >> churn.endpoints_per_s >> churn.clusters_per_s >>
          churn.listeners_per_s >> traffic.connections >> traffic.per_second)) {
      return false;
    }
    std::printf("{");
    Print(trials_.Churn(churn, traffic));
    return End();
  }

  bool Orders(std::istringstream& words) {
    int count = 0;
    TrafficPlan traffic = NewTraffic();
    if (!(words >> count >> traffic.connections >> traffic.per_second)) return false;
    const OrdersReport report = trials_.ShuffleOrders(count, traffic);
    std::printf("{\"orders\": %d, \"overdue\": %d, \"order_worst_ms\": %.2f, ", report.orders,
                report.overdue, report.worst_ms);
    Print(report.traffic);
    return End();
  }

  TrafficPlan NewTraffic() const {
    TrafficPlan traffic;
    traffic.port = plan_.listener_port;
    traffic.clusters = plan_.clusters;
    return traffic;
  }

  static void Print(const TrafficReport& report) {
    std::printf(
        "\"requests\": %lu, \"bad_status\": %lu, \"cut\": %lu, \"unanswered\": %lu, "
        "\"reopened\": %lu, \"worst_ms\": %.2f, \"statuses\": {",
        report.requests, report.bad_status, report.cut, report.unanswered, report.reopened,
        static_cast<double>(report.worst_ns) / 1e6);
    const char* comma = "";
    for (const auto& [status, count] : report.statuses) {
      std::printf("%s\"%d\": %lu", comma, status, count);
      comma = ", ";
    }
    std::printf("}, ");
  }

  bool End() {
    std::printf("\"refusals\": %lu, \"refusal\": %s}\n", control_.refusals(),
                Quoted(control_.last_refusal()).c_str());
    std::fflush(stdout);
    return true;
  }

  const FleetPlan plan_;
  FleetControl control_;
  Trials trials_;
};

int Run(const FleetPlan& plan, int connections) {
  Commands commands(plan, connections);
  std::printf("ready %s\n", commands.address().c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (commands.Run(line)) continue;
    std::fprintf(stderr, "xds_fleet: unknown command: %s\n", line.c_str());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  FleetPlan plan;
  if (argc == 6) {
    plan.clusters = std::atoi(argv[1]);
    plan.endpoints = std::atoi(argv[2]);
    plan.routes = std::atoi(argv[3]);
    plan.listener_port = static_cast<uint16_t>(ParseNumber(argv[4]));
  }
  if (argc != 6 || plan.clusters < 1 || plan.clusters > 65536 || plan.endpoints > 90) {
    std::fprintf(stderr, "usage: xds_fleet CLUSTERS ENDPOINTS ROUTES LISTENER_PORT CONNECTIONS\n");
    return 2;
  }
  PrepareProcess();
  plan.backend_port = StartFleetBackend();
  return Run(plan, std::atoi(argv[5]));
}
