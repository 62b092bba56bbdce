"""Bootstraps as Python data: Envoy's messages, written as JSON. Every port that is ours is 0: any free one."""

_TYPES = "type.googleapis.com/envoy.extensions."
CONNECTION_MANAGER = _TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager"
CARES = _TYPES + "network.dns_resolver.cares.v3.CaresDnsResolverConfig"
TCP_PROXY = _TYPES + "filters.network.tcp_proxy.v3.TcpProxy"
ROUTER = _TYPES + "filters.http.router.v3.Router"
FILE_LOG = _TYPES + "access_loggers.file.v3.FileAccessLog"
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
CLUSTER_TYPE = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
LISTENER_TYPE = "type.googleapis.com/envoy.config.listener.v3.Listener"
ROUTES_TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
ENDPOINTS_TYPE = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"

# What log_lines() of a Proxy reads back: one JSON object a line.
LOG_FIELDS = {
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(:PATH)%",
    "host": "%REQ(:AUTHORITY)%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "upstream": "%UPSTREAM_HOST%",
    "cluster": "%UPSTREAM_CLUSTER%",
}


def address(port=0, host="127.0.0.1"):
    return {"socket_address": {"address": host, "port_value": port}}


def file_log(path, fields=None):
    """Lines of JSON with those fields, or (None) of Envoy's default format."""
    config = {"@type": FILE_LOG, "path": str(path)}
    if fields is not None:
        config["log_format"] = {"json_format": fields}
    return {"name": "envoy.access_loggers.file", "typed_config": config}


def route(prefix="/", cluster=None, **action):
    """A route by path prefix; `action` holds more fields of the RouteAction."""
    if cluster is not None:
        action["cluster"] = cluster
    return {"match": {"prefix": prefix}, "route": action}


def direct(prefix, status=200, body=""):
    response = {"status": status}
    if body:
        response["body"] = {"inline_string": body}
    return {"match": {"prefix": prefix}, "direct_response": response}


def virtual_host(routes, domains=("*",), **more):
    return {"name": ",".join(domains), "domains": list(domains), "routes": routes, **more}


def route_config(routes=None, virtual_hosts=None, name="routes", **more):
    return {"name": name, "virtual_hosts": virtual_hosts or [virtual_host(routes)], **more}


def connection_manager(routes=None, logs=(), **fields):
    """`routes`: a list of routes, or None when `fields` says route_config or rds."""
    config = {"@type": CONNECTION_MANAGER, "stat_prefix": "test", "access_log": list(logs),
              "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}]}
    if routes is not None:
        config["route_config"] = route_config(routes)
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": {**config, **fields}}


def tcp_proxy(cluster=None, logs=(), **fields):
    config = {"@type": TCP_PROXY, "stat_prefix": "test", "access_log": list(logs), **fields}
    if cluster is not None:
        config["cluster"] = cluster
    return {"name": "envoy.filters.network.tcp_proxy", "typed_config": config}


def listener(network_filter, name="http", **more):
    return {"name": name, "address": address(), "filter_chains": [{"filters": [network_filter]}], **more}


def endpoint(port, host="127.0.0.1", weight=None, **more):
    entry = {"endpoint": {"address": address(port, host)}, **more}
    if weight is not None:
        entry["load_balancing_weight"] = weight
    return entry


def load_assignment(endpoints, name):
    """`endpoints`: ports, or what endpoint() returned."""
    entries = [endpoint(e) if isinstance(e, int) else e for e in endpoints]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": entries}]}


def cluster(endpoints, name="backend", **more):
    return {"name": name, "type": "STATIC", "connect_timeout": "2s",
            "load_assignment": load_assignment(endpoints, name), **more}


def over_http2(endpoints, name="backend", **more):
    """A cluster whose hosts are spoken to in HTTP/2."""
    options = {"@type": "type.googleapis.com/" + HTTP_OPTIONS, "explicit_http_config": {"http2_protocol_options": {}}}
    return cluster(endpoints, name, typed_extension_protocol_options={HTTP_OPTIONS: options}, **more)


def bootstrap(listeners=(), clusters=(), **more):
    return {"admin": {"address": address()},
            "static_resources": {"listeners": list(listeners), "clusters": list(clusters)}, **more}


def serving(text="hi"):
    """A bootstrap that answers everything itself."""
    return bootstrap([listener(connection_manager([direct("/", 200, text)]))])


def ads(control_port, clusters=(), node="test-node", api_type="GRPC"):
    """A bootstrap that gets everything else over ADS; `api_type` DELTA_GRPC: by delta."""
    control = cluster([control_port], "control")
    over_ads = {"ads": {}, "resource_api_version": "V3"}
    return bootstrap(
        clusters=[control, *clusters], node={"id": node, "cluster": "tests"},
        dynamic_resources={
            "ads_config": {"api_type": api_type, "transport_api_version": "V3",
                           "grpc_services": [{"envoy_grpc": {"cluster_name": "control"}}]},
            "lds_config": over_ads, "cds_config": over_ads})
