#include "test/bench/xds/fleet_control.h"

#include <cstdio>
#include <cstdlib>
#include <future>
#include <utility>

#include "absl/status/status.h"
#include "source/base/thread.h"
#include "test/bench/sockets.h"
#include "test/bench/xds/control_session.h"

namespace weir::bench {
namespace {

constexpr std::string_view kService = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

}  // namespace

FleetControl::FleetControl(const FleetPlan& plan)
    : loop_("control", base::kMainThread), fleet_(plan) {
  auto server = rpc::Server::Start(loop_, "127.0.0.1:0",
                                   [this](auto stream) { OnStream(std::move(stream)); });
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
    std::exit(1);
  }
  server_ = *std::move(server);
  thread_ = std::thread([this] { loop_.Run(); });
}

FleetControl::~FleetControl() {
  loop_.Post([this] { sessions_.clear(); });
  loop_.Stop();
  thread_.join();
}

Edit FleetControl::Apply(MakeEdit make) {
  std::promise<Edit> promise;
  std::future<Edit> made = promise.get_future();
  loop_.Post([this, &make, promise = std::move(promise)]() mutable {
    const Edit edit = make(fleet_);
    promise.set_value(edit);  // `make` may be gone from here on
    for (const Push& push : edit.pushes) PushToAll(push, false);
  });
  return made.get();
}

Edit FleetControl::Make(MakeEdit make) {
  std::promise<Edit> promise;
  std::future<Edit> made = promise.get_future();
  loop_.Post(
      [this, &make, promise = std::move(promise)]() mutable { promise.set_value(make(fleet_)); });
  return made.get();
}

void FleetControl::Send(Push push, bool is_whole) {
  loop_.Post([this, push = std::move(push), is_whole] { PushToAll(push, is_whole); });
}

void FleetControl::PushToAll(const Push& push, bool is_whole) {
  for (const auto& session : sessions_) session->Push(push, is_whole);
}

void FleetControl::OnStream(std::unique_ptr<rpc::IncomingStream> stream) {
  const std::string_view method = stream->method();
  const bool is_delta = method == std::string(kService) + "DeltaAggregatedResources";
  if (!is_delta && method != std::string(kService) + "StreamAggregatedResources") {
    stream->Finish(absl::UnimplementedError("only ADS is served"));
    return;
  }
  uint64_t never = 0;
  opened_ns_.compare_exchange_strong(never, NowNs());
  sessions_.push_back(std::make_unique<ControlSession>(
      *this, std::move(stream), is_delta ? Variant::kDelta : Variant::kStateOfTheWorld));
}

void FleetControl::NoteRefusal(std::string_view text) {
  ++refusals_;
  std::lock_guard<std::mutex> lock(mutex_);
  last_refusal_ = std::string(text);
}

std::string FleetControl::last_refusal() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return last_refusal_;
}

}  // namespace weir::bench
