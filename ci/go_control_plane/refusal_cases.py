"""What is wrong is refused by name, and keeps what was good before; functions of a Steered."""
import time

from go_control_plane.answers import equal  # first: it makes `test` ours

from test.integration import bootstrap as b

_WINDOW_S = 3.0
_REFUSALS_IN_WINDOW = 8  # at most; the server's own pace is hundreds a second


def _bounded_refusals(steered, since):
    """go-control-plane sends a refused SotW response again the moment it hears of it; by delta it does not."""
    time.sleep(_WINDOW_S)  # the measured time itself
    control = steered.control
    said = [request for request in control.requests("clusters", since) if "error_detail" in request]
    if steered.variant.is_delta:
        return equal(len(said), 1, "NACKs")
    assert 2 <= len(said) <= _REFUSALS_IN_WINDOW, f"{len(said)} NACKs in {_WINDOW_S} s"
    return None


def refused_clusters_among_good_ones(steered):
    """One is new, and one was good before: that keeps its last good version. The server says it again and again.

    Meanwhile good ones still come, and what is mended is accepted.
    """
    control, is_delta = steered.control, steered.variant.is_delta
    before, since = control.version("clusters"), len(control.events())
    bad = [steered.cluster("bad", connect_timeout="0s"), steered.cluster("two", connect_timeout="0s")]
    good = [steered.cluster("one"), steered.cluster("three")]
    with steered.traffic():
        control.serve(clusters=[*good, *bad], routes=[steered.routes(b.route("/three", "three"))],
                      endpoints=[steered.endpoints("one", "a"), steered.endpoints("two", "b"), steered.endpoints("three", "b")])
        nack = control.wait_for_nack("clusters", since)
        for name in ("bad", "two"):
            assert f"{name}: connect_timeout" in nack["error_detail"]["message"], nack
        equal(nack["error_detail"]["code"], 13, "the code")
        if not is_delta:
            equal(nack["version_info"], before, "the version of a NACK")
        _bounded_refusals(steered, since)
        steered.wait_for_body("b", "/three")
        equal(steered.body("/two"), "b", "the last good version's answer")
        control.serve(clusters=[*good, *bad, steered.cluster("four")],
                      endpoints=[*control.resources("endpoints"), steered.endpoints("four", "b")])
        steered.wait_for_clusters("one", "two", "three", "four")
        since = len(control.events())
        control.serve(clusters=[*good, steered.cluster("two")])
        control.wait_for_ack("clusters", since)
        steered.wait_for_clusters("one", "two", "three")


def refused_resources_of_the_other_types(steered):
    control = steered.control
    route = {"match": {"prefix": "/"}}  # without what to do
    bad = {
        "endpoints": ([b.load_assignment([b.endpoint(70000)], "one"), steered.endpoints("two", "a")], "one: "),
        "listeners": ([steered.http(), steered.tls(), {"name": "bad", "filter_chains": [{}]}], "bad: "),
        "routes": ([b.route_config([route])], "routes: "),
        "secrets": ([{"name": "server", "tls_certificate": {"certificate_chain": {"inline_string": "nonsense"}}}], "server: "),
    }
    with steered.traffic():
        good = steered.certificate()
        for kind, (resources, fault) in bad.items():
            since = len(control.events())
            before = [{key: value for key, value in row.items() if key != "@type"} for row in control.resources(kind)]
            control.serve(**{kind: resources})
            nack = control.wait_for_nack(kind, since)
            assert fault in nack["error_detail"]["message"], nack
            if kind == "endpoints":
                steered.wait_for_body("a", "/two")
            since = len(control.events())
            control.serve(**{kind: before})
            control.wait_for_ack(kind, since)
        equal(steered.certificate(), good, "the certificate")
        steered.wait_for_body("b", "/two")
        equal(steered.body(), "a", "the answer")
