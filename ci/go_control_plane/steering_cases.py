"""Everything comes live, changes under traffic and goes; functions of a Steered."""
import time

from go_control_plane.answers import APPLIED, equal, every_answer, first_requests, names_in  # first: it makes `test` ours

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.raw_client import RawClient, is_refused

_SWAPS = 10
_MANY = 500


def everything_comes_live(steered):
    equal((steered.body(), steered.body("/two")), ("a", "b"), "answers")
    assert steered.certificate()
    equal(steered.cluster_names(), {"one", "two"}, "clusters")
    first_requests(steered)
    every_answer(steered)


def changes_take_effect(steered):
    control, proxy = steered.control, steered.proxy
    with steered.traffic():
        control.serve(endpoints=[steered.endpoints("one", "b"), steered.endpoints("two", "b")])
        steered.wait_for_body("b")
        control.serve(endpoints=[steered.endpoints("one", "a"), steered.endpoints("two", "b")])
        steered.wait_for_body("a")
        control.serve(routes=[steered.routes(b.route("/new", "two"))])
        steered.wait_for_body("b", "/new")
        control.serve(clusters=[steered.cluster("one", lb_policy="LEAST_REQUEST"), steered.cluster("two"), steered.cluster("three")],
                      endpoints=[steered.endpoints("one", "a"), steered.endpoints("two", "b"), steered.endpoints("three", "b")],
                      routes=[steered.routes(b.route("/three", "three"))])
        steered.wait_for_body("b", "/three")
        before = steered.certificate()
        control.serve(secrets=[steered.secret()])
        waiting.until(lambda: steered.certificate() != before, "the new certificate")
        control.serve(listeners=[steered.http(), steered.tls(server_name="changed"), steered.http("more")])
        steered.wait_for_body("a", listener="more")
        proxy.wait_for_stat("listener_manager.listener_modified", 1)
    every_answer(steered)


def clusters_swapped_in_one_snapshot(steered):
    """The old one goes, the new one comes and the routes turn to it, all in one snapshot, whatever arrives first."""
    control, old = steered.control, "one"
    with steered.traffic():
        for turn in range(_SWAPS):
            new, backend = f"swapped-{turn}", "ba"[turn % 2]
            control.serve(clusters=[steered.cluster(new), steered.cluster("two")], routes=[steered.routes(other=new)],
                          endpoints=[steered.endpoints(new, backend), steered.endpoints("two", "b")])
            steered.wait_for_body(backend)
            old = new
        steered.wait_for_clusters(old, "two")
    every_answer(steered)


def many_clusters_at_once(steered):
    """Their endpoints are asked for in few requests: the server's ordered cache answers only who names all of them."""
    control, names = steered.control, [f"many-{number}" for number in range(_MANY)]
    with steered.traffic():
        since = len(control.events())
        control.serve(clusters=[*control.resources("clusters"), *map(steered.cluster, names)],
                      endpoints=[*control.resources("endpoints"), *(steered.endpoints(name, "b") for name in names)],
                      routes=[steered.routes(b.route("/many", names[-1]))])
        steered.wait_for_body("b", "/many")
        members = r"^cluster[.]many-.*[.]membership_total$"
        waiting.until(lambda: sum(steered.proxy.stats(members).values()) == _MANY, "all of them to have their host")
        asked = len(control.requests("endpoints", since))
        assert asked <= _MANY // 10, f"{asked} requests about endpoints"
    every_answer(steered)


def a_listener_changes_under_its_clients(steered):
    with steered.traffic(keeps_connections=False):
        steered.control.serve(listeners=[steered.http(server_name="changed"), steered.tls()])

        def is_changed():
            with RawClient(steered.port) as client:
                return client.get().header("server") == "changed"

        waiting.until(is_changed, "the new name of the server")
    every_answer(steered)


def subscriptions_grow_and_shrink(steered):
    control = steered.control

    def subscribes(name, since, field):
        last = control.requests("endpoints", since)
        if steered.variant.is_delta:
            return any(name in request.get(field, []) for request in last)
        return last and (name in last[-1].get("resource_names", [])) == (field == "resource_names_subscribe")

    with steered.traffic():
        clusters, endpoints = control.resources("clusters"), control.resources("endpoints")
        since = len(control.events())
        control.serve(clusters=[*clusters, steered.cluster("three")], endpoints=[*endpoints, steered.endpoints("three", "a")])
        waiting.until(lambda: subscribes("three", since, "resource_names_subscribe"), "the new name to be asked for")
        steered.wait_for_clusters("one", "two", "three")
        steered.proxy.wait_for_stat("cluster.three.membership_total", 1)
        since = len(control.events())
        control.serve(clusters=clusters, endpoints=endpoints)
        waiting.until(lambda: subscribes("three", since, "resource_names_unsubscribe"), "the old name to be forgotten")
        steered.wait_for_clusters("one", "two")
        if not steered.variant.is_delta:
            equal(names_in(control.requests("endpoints")[-1]), {"one", "two"}, "names")
    every_answer(steered)


def removal(steered):
    """A cluster and a listener that are not there any more are gone; endpoints and routes are not."""
    control = steered.control
    secure = steered.proxy.port("tls")
    with steered.traffic():
        since = len(control.events())
        control.serve(endpoints=[steered.endpoints("two", "b")])
        control.wait_for_ack("endpoints", since)
        if steered.variant.is_delta:
            equal(control.responses("endpoints", since)[0]["removed"], ["one"], "what the server removes")
        control.serve(clusters=[*control.resources("clusters"), steered.cluster("three")],
                      endpoints=[steered.endpoints("two", "b"), steered.endpoints("three", "b")])
        steered.wait_for_clusters("one", "two", "three")
        control.answer("endpoints")
        equal(steered.body(), "a", "the answer of the cluster whose endpoints are not named")
        control.serve(clusters=[steered.cluster("one"), steered.cluster("two")], listeners=[steered.http()])
        steered.wait_for_clusters("one", "two")
        waiting.until(lambda: is_refused(secure), "the listener to go")
    control.serve(clusters=[], listeners=[], routes=[b.route_config([b.direct("/", 200)])], endpoints=[])
    steered.wait_for_clusters()
    waiting.until(lambda: is_refused(steered.port), "all listeners to go")
    every_answer(steered)


def initial_fetch_timeouts(steered):
    """Two clusters whose endpoints the server does not have: one waits half a second, the other for ever."""
    control = steered.control
    clusters, endpoints = control.resources("clusters"), control.resources("endpoints")
    waiting_ones = [steered.cluster("short", {"initial_fetch_timeout": "0.5s"}), steered.cluster("ever", {"initial_fetch_timeout": "0s"})]
    with steered.traffic():
        control.serve(clusters=[*clusters, *waiting_ones])
        steered.proxy.wait_for_stat("cluster_manager.eds.init_fetch_timeout", 1)
        control.serve(routes=[steered.routes(b.route("/short", "short"))])
        waiting.until(lambda: steered.proxy.stats("^cluster[.]short[.]membership_total$"), "the one that does not wait on")
        equal(steered.proxy.stat("cluster_manager.eds.init_fetch_timeout"), 1, "time-outs")
        control.serve(endpoints=[*endpoints, steered.endpoints("short", "b"), steered.endpoints("ever", "b")])
        control.serve(routes=[steered.routes(b.route("/short", "short"), b.route("/ever", "ever"))])
        steered.proxy.wait_for_stat("cluster.short.membership_total", 1)
        equal(steered.body("/short"), "b", "the answer of the one that waited in vain")
        steered.wait_for_body("b", "/ever")
    every_answer(steered)


def heartbeats_and_times_to_live(steered):
    """Alive by heartbeats alone, which apply nothing; without them listeners go, and endpoints in use serve on."""
    control, proxy = steered.control, steered.proxy
    with steered.traffic():
        for kind in ("endpoints", "listeners"):
            control.serve(ttl_ms=2000, **{kind: control.resources(kind)})
            waiting.until(lambda: any(row["heartbeats"] for row in control.responses(kind)), f"a heartbeat of {kind}")
        before, since = proxy.stats(APPLIED), len(control.events())
        time.sleep(5)  # more than twice the time to live
        for kind in ("endpoints", "listeners"):
            beats = [row["heartbeats"] for row in control.responses(kind, since)]
            assert len(beats) > 5 and set(beats) == {2}, f"{kind}: {beats}"
        equal(proxy.stats(APPLIED), before, "what was applied")
        every_answer(steered)
    control.kill()
    waiting.until(lambda: is_refused(steered.port), "the listener's time to be over")
    equal(steered.proxy.stat("cluster.one.membership_total"), 1, "endpoints in use")
    control.start()
    steered.wait_for_body("a")
