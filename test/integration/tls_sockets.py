"""Transport sockets of TLS as Python data, and listeners of several filter chains."""
from test.integration import bootstrap as b

_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
_INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"


def downstream_tls(certificates, alpn=("h2", "http/1.1"), common=None, **fields):
    context = {"tls_certificates": [pair.config() for pair in certificates], "alpn_protocols": list(alpn), **(common or {})}
    return {"name": "envoy.transport_sockets.tls",
            "typed_config": {"@type": _TLS + "DownstreamTlsContext", "common_tls_context": context, **fields}}


def upstream_tls(authority, **fields):
    common = {"validation_context": {"trusted_ca": {"filename": authority.path}}} if authority else {}
    return {"name": "envoy.transport_sockets.tls",
            "typed_config": {"@type": _TLS + "UpstreamTlsContext", "common_tls_context": common, **fields}}


def chain(network_filter, transport_socket=None, match=None):
    entry = {"filters": [network_filter]}
    if transport_socket:
        entry["transport_socket"] = transport_socket
    if match:
        entry["filter_chain_match"] = match
    return entry


def tls_listener(*chains, name="http", inspects=False):
    entry = {"name": name, "address": b.address(), "filter_chains": list(chains)}
    if inspects:
        entry["listener_filters"] = [{"name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": _INSPECTOR}}]
    return entry
