// The terminal network filter that relays bytes between a downstream connection and one to a host
// of its cluster. Each direction ends by itself (half-close); a slow reader pauses the fast writer.
//
//   waiting for upstream ─ready─► relaying ─both ended─► closed
//            │ failed: next attempt, or close   │ either side broke, idle, too old
//            └──────────────► closed ◄──────────┘
//
// While it waits, downstream is read all the same, up to a bound: a client's end is passed on once
// there is somebody to pass it to, and one that breaks the connection is not dialled for any more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "source/base/buffer.h"
#include "source/event/timer.h"
#include "source/extensions/network_filters/tcp_proxy/bulk_direction.h"
#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_config.h"
#include "source/filter/stream_info.h"
#include "source/upstream/local_cluster.h"

namespace weir::extensions::tcp_proxy {

class TcpProxy final : public filter::TerminalFilter, private upstream::ConnectionRequester {
 public:
  TcpProxy(std::shared_ptr<const TcpProxyConfig> config, const filter::ConnectionContext& context);
  ~TcpProxy() override;

  // filter::TerminalFilter
  void OnConnection(net::Connection& connection) override;
  // A connection that runs is left to its peers: only the process's end cuts it.
  void OnDrain() override {}
  void DescribeConnection(filter::StreamInfo& info) const override { info = info_; }
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnFlushed() override;

  // Whether the kernel moves the bytes of a direction by itself.
  bool is_pumping_up() const { return to_upstream_.is_pumping(); }
  bool is_pumping_down() const { return to_downstream_.is_pumping(); }

 private:
  // What the upstream connection tells.
  class UpstreamSide final : public net::ConnectionHandler {
   public:
    explicit UpstreamSide(TcpProxy& proxy) : proxy_(proxy) {}
    size_t OnRead(std::string_view bytes) override { return proxy_.OnUpstreamRead(bytes); }
    void OnReadEnd() override { proxy_.OnUpstreamReadEnd(); }
    void OnOutputHigh() override { proxy_.PauseDownstream(); }
    void OnOutputLow() override { proxy_.ResumeDownstream(); }
    void OnFlushed() override { proxy_.OnUpstreamFlushed(); }
    void OnClosed(net::CloseReason reason) override { proxy_.OnUpstreamClosed(reason); }

   private:
    TcpProxy& proxy_;
  };

  // filter::TerminalFilter
  void OnEnd(net::CloseReason reason) override;
  // upstream::ConnectionRequester
  net::ConnectionHandler& handler() override { return upstream_side_; }
  void OnConnectionReady(std::unique_ptr<net::Connection> connection, balancing::HostPtr host,
                         std::unique_ptr<Lease> lease) override;
  void OnTransportFailure(std::string_view reason) override;
  void OnConnectionFailed(const http::StreamError& error, const balancing::HostPtr& host) override;

  void Connect();
  void HoldEarly(std::string_view bytes);
  void SendEarly();
  void Refuse(filter::ResponseFlag flag);
  size_t OnUpstreamRead(std::string_view bytes);
  void OnUpstreamReadEnd();
  void OnUpstreamFlushed();
  void OnUpstreamClosed(net::CloseReason reason);
  void PauseDownstream();
  void ResumeDownstream();
  bool CountBytes();
  void Touch();
  void OnIdle();
  void OnTooOld();
  void DropUpstream();

  const std::shared_ptr<const TcpProxyConfig> config_;
  const filter::ConnectionContext context_;
  TcpProxyStats& stats_;
  UpstreamSide upstream_side_;
  net::Connection* downstream_ = nullptr;
  const TcpProxyConfig::Target* target_ = nullptr;  // once chosen
  upstream::LocalClusterRef cluster_;
  std::unique_ptr<upstream::PendingStream> pending_;
  std::unique_ptr<net::Connection> upstream_;
  std::unique_ptr<Lease> lease_;
  BulkDirection to_upstream_, to_downstream_;
  filter::StreamInfo info_;
  base::Buffer early_;  // said before there was an upstream
  event::Timer idle_timer_;
  std::optional<event::Timer> age_timer_;
  bool early_is_full_ = false;  // downstream is paused for it
  bool downstream_ended_ = false;
  bool upstream_ended_ = false;
};

}  // namespace weir::extensions::tcp_proxy
