"""The configuration of each proxy for a scenario, all alike: one worker, nothing logged, upstream
connections kept, TLS sessions never resumed.
"""
from typing import NamedTuple

MOST_CONNECTIONS = 16384
STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"


class Place(NamedTuple):
    """Where a proxy of one cell stands."""
    folder: str
    port: int  # it listens on
    ports: list  # of the endpoints
    certificate: str  # paths; the last has both in one file
    key: str
    both: str


_NGINX = """
{modules}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections {most}; }}
{mode} {{
  upstream endpoints {{ {servers} {keepalive} }}
{settings}
  server {{
    listen 127.0.0.1:{port} backlog=4096 {options};
    {proxying}
  }}
}}
"""

_NGINX_HTTP = """
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
"""

_NGINX_TLS = """
  ssl_certificate {certificate};
  ssl_certificate_key {key};
  ssl_session_tickets off;
  ssl_session_cache off;
"""


def nginx(scenario, place):
    is_http = scenario.mode == "http"
    settings = _NGINX_HTTP + (_NGINX_TLS if scenario.tls else "") if is_http else ""
    if not is_http:
        proxying = "proxy_pass endpoints; tcp_nodelay on;"
    elif scenario.upstream == "h2":
        proxying = "location / { grpc_pass grpc://endpoints; }"
    else:
        proxying = 'location / { proxy_pass http://endpoints; proxy_http_version 1.1; proxy_set_header Connection ""; }'
    return _NGINX.format(
        modules="" if is_http else f"load_module {STREAM_MODULE};", mode="http" if is_http else "stream",
        settings=settings.format(**place._asdict()), most=MOST_CONNECTIONS, folder=place.folder, port=place.port,
        servers=" ".join(f"server 127.0.0.1:{p};" for p in place.ports),
        keepalive="keepalive 256; keepalive_requests 1000000000;" if is_http else "",
        options=" ".join(["ssl"] * scenario.tls + ["http2"] * (scenario.downstream == "h2")), proxying=proxying)


_HAPROXY = """
global
  nbthread 1
  no strict-limits
  maxconn {most}
  tune.ssl.cachesize 0
  ssl-default-bind-options no-tls-tickets
defaults
  mode {mode}
  {reuse}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:{port} backlog 4096 {options}
  default_backend endpoints
backend endpoints
  balance roundrobin
{servers}
"""


def haproxy(scenario, place):
    options = [f"ssl crt {place.both} alpn http/1.1"] * scenario.tls + ["proto h2"] * (scenario.downstream == "h2")
    protocol = "proto h2" if scenario.upstream == "h2" else ""
    return _HAPROXY.format(
        most=MOST_CONNECTIONS, mode=scenario.mode, reuse="http-reuse always" if scenario.mode == "http" else "",
        port=place.port, options=" ".join(options),
        servers="\n".join(f"  server s{p} 127.0.0.1:{p} {protocol}" for p in place.ports))


_ENVOY_HTTP_FILTER = """
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: bench
          generate_request_id: false
          common_http_protocol_options: {{idle_timeout: 3600s}}
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

_ENVOY_TLS = """
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          disable_stateless_session_resumption: true
          disable_stateful_session_resumption: true
          common_tls_context:
            alpn_protocols: ["http/1.1"]
            tls_certificates:
            - certificate_chain: {{filename: "{certificate}"}}
              private_key: {{filename: "{key}"}}"""

_ENVOY_HTTP2 = """
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}"""

_ENVOY = """
static_resources:
  listeners:
  - name: bench
    address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    tcp_backlog_size: 4096
    filter_chains:
    - filters:{filter}{transport}
  clusters:
  - name: endpoints
    type: STATIC
    connect_timeout: 5s
    lb_policy: ROUND_ROBIN{protocol}
    load_assignment:
      cluster_name: endpoints
      endpoints:
      - lb_endpoints:
{servers}
"""


def _bootstrap(scenario, place, router):
    servers = "\n".join(
        f"        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {p}}}}}}}" for p in place.ports)
    text = _ENVOY_HTTP_FILTER.format(router=router) if scenario.mode == "http" else _ENVOY_TCP_FILTER.format()
    return _ENVOY.format(port=place.port, filter=text.rstrip("\n"), servers=servers,
                         transport=_ENVOY_TLS.format(**place._asdict()) if scenario.tls else "",
                         protocol=_ENVOY_HTTP2 if scenario.upstream == "h2" else "")


def envoy(scenario, place):
    return _bootstrap(scenario, place, _ENVOY_ROUTER)


def weir(scenario, place):
    return _bootstrap(scenario, place, "")
