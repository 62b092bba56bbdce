// A cluster that hands out real connections, whose other ends the test holds. Test thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "source/clusters/cluster_manager.h"
#include "test/net/connection_fixture.h"

namespace weir::extensions::tcp_proxy {

class FakeTcpCluster final : public upstream::LocalCluster {
 public:
  explicit FakeTcpCluster(event::Loop& loop) : loop_(loop) {}
  ~FakeTcpCluster() override { EXPECT_EQ(refs_, 0u) << "somebody still holds the cluster"; }

  net::RawPeer peer;  // the host's end of the last connection
  bool answers_at_once = true;
  int failures = 0;               // of the next requests
  std::string transport_failure;  // which they tell of
  int asked = 0, withdrawn = 0, leases = 0;
  std::optional<uint64_t> last_hash;
  const net::Address* last_destination = nullptr;  // the connection's original one
  const balancing::Host* last_tried = nullptr;

  bool is_waiting() const { return waiting_ != nullptr; }
  void Grant() { Ready(*std::exchange(waiting_, nullptr)); }

  // upstream::LocalCluster
  const upstream::ClusterConfig& config() const override { return config_; }
  upstream::ClusterStats& stats() override { return stats_; }
  upstream::HostCounts host_counts() override { return {}; }
  std::unique_ptr<upstream::PendingStream> RequestStream(const balancing::PickContext&, int,
                                                         base::Arena&,
                                                         upstream::StreamRequester&) override {
    ADD_FAILURE() << "a TCP proxy asks for connections";
    return nullptr;
  }
  std::unique_ptr<upstream::PendingStream> RequestConnection(
      const balancing::PickContext& context, int,
      upstream::ConnectionRequester& requester) override {
    ++asked;
    last_hash = context.hash;
    last_destination = context.original_destination;
    last_tried = context.tried_count > 0 ? context.tried[0] : nullptr;
    if (failures > 0) {
      --failures;
      if (!transport_failure.empty()) requester.OnTransportFailure(transport_failure);
      requester.OnConnectionFailed(
          {http::ErrorKind::kConnectFailed, http::Side::kUpstream, true, "connect_failed"}, host_);
      return nullptr;
    }
    if (answers_at_once) {
      Ready(requester);
      return nullptr;
    }
    waiting_ = &requester;
    return std::make_unique<Waiting>(*this);
  }
  bool StartRetry(int) override { return true; }
  void FinishRetry(int) override {}
  void Unref() override { --refs_; }

 private:
  struct Waiting final : upstream::PendingStream {
    explicit Waiting(FakeTcpCluster& owner) : cluster(owner) {}
    ~Waiting() override {
      if (std::exchange(cluster.waiting_, nullptr) != nullptr) ++cluster.withdrawn;
    }
    FakeTcpCluster& cluster;
  };
  struct CountedLease final : upstream::ConnectionRequester::Lease {
    explicit CountedLease(int& count) : leases(count) { ++leases; }
    ~CountedLease() override { --leases; }
    int& leases;
  };

  void Ready(upstream::ConnectionRequester& requester) {
    const auto [ours, theirs] = net::TcpPair();
    peer.Adopt(theirs);
    net::ConnectionOptions options;
    options.half_close = true;
    requester.OnConnectionReady(
        std::make_unique<net::Connection>(loop_, ours, requester.handler(), options), host_,
        std::make_unique<CountedLease>(leases));
  }

  event::Loop& loop_;
  upstream::ClusterConfig config_;
  upstream::ClusterStats stats_;
  const balancing::HostPtr host_ = std::make_shared<balancing::Host>(
      *net::Address::ParseIp("10.0.0.1", 1), "", std::make_shared<balancing::Locality>());
  upstream::ConnectionRequester* waiting_ = nullptr;
};

class FakeTcpSlot final : public clusters::ClusterSlot {
 public:
  const std::string& name() const override { return name_; }
  upstream::LocalCluster* Here() override { return cluster; }
  upstream::LocalCluster* cluster = nullptr;

 private:
  const std::string name_ = "web";
};

}  // namespace weir::extensions::tcp_proxy
