"""The proxies that are compared: how each is found, configured alike and started.

All run one worker, keep upstream connections alive and log nothing. A peer's configuration is written
from its template below; `{port}` is where it listens, `{ports}` are the three endpoints.
"""
import os
import shutil
from typing import NamedTuple

SCENARIOS = {
    # 100 keep-alive connections, GETs answered with 1 KiB by three endpoints in turn.
    "http1": {"mode": "http", "backend": ["http", "1024"], "connections": 100, "unit": "request"},
    # 100 connections relayed as bytes, 64 there and 64 back.
    "tcp": {"mode": "tcp", "backend": ["echo"], "connections": 100, "unit": "round trip"},
}

_STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"

_NGINX = {
    "http": """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream endpoints {{ {servers} keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://endpoints; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
""",
    "tcp": """
load_module """ + _STREAM_MODULE + """;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
stream {{
  upstream endpoints {{ {servers} }}
  server {{ listen 127.0.0.1:{port}; proxy_pass endpoints; tcp_nodelay on; }}
}}
""",
}

_HAPROXY = """
global
  nbthread 1
  maxconn 4096
defaults
  mode {mode}
  {reuse}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{port}
  default_backend endpoints
backend endpoints
  balance roundrobin
{servers}
"""

_ENVOY_HTTP_FILTER = """
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          generate_request_id: false
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{prefix: "/"}}
                route: {{cluster: endpoints}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
{router}"""

# What Envoy's own advice on benchmarking turns off.
_ENVOY_ROUTER = "              dynamic_stats: false\n"

_ENVOY_TCP_FILTER = """
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: bench
          cluster: endpoints
"""

_ENVOY = """
static_resources:
  listeners:
  - name: bench
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:{filter}
  clusters:
  - name: endpoints
    type: STATIC
    connect_timeout: 5s
    lb_policy: ROUND_ROBIN
    load_assignment:
      cluster_name: endpoints
      endpoints:
      - lb_endpoints:
{servers}
"""


def nginx_config(mode, folder, port, ports):
    servers = " ".join(f"server 127.0.0.1:{p};" for p in ports)
    return _NGINX[mode].format(folder=folder, port=port, servers=servers)


def haproxy_config(mode, folder, port, ports):
    servers = "\n".join(f"  server s{p} 127.0.0.1:{p}" for p in ports)
    reuse = "http-reuse always" if mode == "http" else ""
    return _HAPROXY.format(mode=mode, reuse=reuse, port=port, servers=servers)


def _bootstrap(mode, port, ports, router):
    servers = "\n".join(
        f"        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {p}}}}}}}" for p in ports)
    text = _ENVOY_HTTP_FILTER.format(router=router) if mode == "http" else _ENVOY_TCP_FILTER.format()
    return _ENVOY.format(port=port, filter=text.rstrip("\n"), servers=servers)


def envoy_config(mode, folder, port, ports):
    return _bootstrap(mode, port, ports, _ENVOY_ROUTER)


def weir_config(mode, folder, port, ports):
    return _bootstrap(mode, port, ports, "")


class Peer(NamedTuple):
    name: str
    program: str  # "" when this machine does not have it
    arguments: list  # with {config}, {folder}, {mode}, {port}, {ports}
    config: object = None  # function of (mode, folder, port, ports); None: arguments say all
    suffix: str = ".yaml"
    modes: tuple = ("http", "tcp")

    def command(self, mode, folder, port, ports):
        """Writes the configuration into `folder`; returns the argument vector."""
        path = os.path.join(folder, self.name + self.suffix)
        if self.config is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.config(mode, folder, port, ports))
        words = {"config": path, "folder": folder, "mode": mode, "port": port, "ports": ",".join(map(str, ports))}
        return [self.program] + [a.format(**words) for a in self.arguments]


def _found(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") or ""


def known_peers(floor, weir):
    """Every peer by name. `floor` and `weir` are the paths of what the caller built; "" when absent."""
    nginx_modes = ("http", "tcp") if os.path.exists(_STREAM_MODULE) else ("http",)
    envoy = os.environ.get("ENVOY", "")
    one_worker = ["-c", "{config}", "--concurrency", "1", "-l", "error"]
    peers = [
        Peer("floor", floor, ["{mode}", "{port}", "{ports}"]),
        Peer("weir", weir, one_worker + ["--drain-time-s", "1"], weir_config),
        Peer("nginx", _found("nginx"), ["-p", "{folder}", "-c", "{config}"], nginx_config, ".conf", nginx_modes),
        Peer("haproxy", _found("haproxy"), ["-db", "-f", "{config}"], haproxy_config, ".cfg"),
        Peer("envoy", _found(envoy) if envoy else "", one_worker + ["--disable-hot-restart"], envoy_config),
    ]
    return {peer.name: peer for peer in peers}
