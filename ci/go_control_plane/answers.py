"""What every case asks of the words that a client and go-control-plane's server exchanged."""
from go_control_plane.control import TYPES, WILDCARDS  # first: it makes `test` ours

from test.integration import waiting

# What applying a resource again would move.
APPLIED = (r"^(listener_manager[.]listener_(added|modified|removed)"
           r"|cluster[.].*[.](membership_change|update_success|upstream_cx_destroy))$")


def equal(found, expected, what):
    assert found == expected, f"{what}: {found!r}, not {expected!r}"


def names_in(request, field="resource_names"):
    return set(request.get(field, []))


def every_answer(steered):
    """Each response got one answer, right after it: its version and nonce, and no fault."""
    control, is_delta = steered.control, steered.variant.is_delta
    for kind in TYPES:
        waiting.until(lambda: all(control.answers(r, kind) for r in control.responses(kind)), f"answers about {kind}")
        for received in control.responses(kind):
            first, *more = control.answers(received, kind)
            assert "error_detail" not in first, first
            if is_delta:
                equal(more, [], f"other answers to {received}")
                continue
            equal(first["version_info"], received["version_info"], "the version of an ACK")
            lists = [names_in(first), *map(names_in, more)]
            assert all(one != two for one, two in zip(lists, lists[1:])), f"more answers to {received}: {lists}"


def first_requests(steered):
    """Of a new client: its node, no nonce, no version, and names unless it wants all."""
    control = steered.control
    seen = {event["stream"] for event in control.events() if "opens" in event}
    equal(len(seen), 1 if steered.variant.is_aggregated else len(TYPES), "streams")
    for stream in seen:
        first = next(event["request"] for event in control.events() if "request" in event and event["stream"] == stream)
        equal(first["node"]["id"], "test-node", "the node on the first request")
    wanted = {"endpoints": {"one", "two"}, "routes": {"routes"}, "secrets": {"server"}}
    for kind in TYPES:
        first = control.requests(kind)[0]
        for field in ("response_nonce", "version_info", "initial_resource_versions", "error_detail"):
            assert not first.get(field), first
        names = names_in(first, "resource_names_subscribe" if steered.variant.is_delta else "resource_names")
        if kind in WILDCARDS:
            assert names <= {"*"}, first
        else:
            assert names and names <= wanted[kind], first


def known(steered):
    """By kind, what a client has accepted once it took all that is served: in the state of the world the version, by delta the names."""
    control = steered.control
    if steered.variant.is_delta:
        return {kind: {row.get("cluster_name") or row["name"] for row in control.resources(kind)} for kind in TYPES}
    return {kind: control.version(kind) for kind in TYPES}


def wait_for_return(steered, accepted):
    """A client that comes back has no nonces, and tells what it knows (as `known` has it)."""
    control, field = steered.control, "initial_resource_versions" if steered.variant.is_delta else "version_info"
    for kind in TYPES:
        request = waiting.until(lambda: control.requests(kind), f"a request about {kind}")[0]
        assert not request.get("response_nonce"), request
        told = request.get(field) or ""
        equal(set(told) if steered.variant.is_delta else told, accepted[kind], f"{field} of {kind}")
