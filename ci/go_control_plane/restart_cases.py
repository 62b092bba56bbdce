"""The control plane is killed and comes back, and nobody but Weir notices; functions of a Steered."""
from go_control_plane.answers import APPLIED, equal, every_answer, first_requests, known, wait_for_return  # first: it makes `test` ours
from go_control_plane.control import TYPES

from test.integration import bootstrap as b
from test.integration import waiting


def the_control_plane_comes_last(steered):
    """A proxy that finds nobody goes on asking, and its first words are those of a new client."""
    control = steered.control
    control.kill()
    steered.proxy.stop()
    steered.start_proxy()
    waiting.until(lambda: steered.proxy.stat("cluster_manager.cds.update_failure") > 0, "an attempt in vain")
    control.start()
    equal((steered.body(), steered.body("/two")), ("a", "b"), "answers")
    assert steered.certificate()
    first_requests(steered)
    every_answer(steered)


def a_restart_with_the_same_snapshot(steered):
    control, proxy = steered.control, steered.proxy
    with steered.traffic():
        before, certificate = proxy.stats(APPLIED), steered.certificate()
        control.kill()
        steered.wait_for_outage()
        control.start()
        wait_for_return(steered, known(steered))
        every_answer(steered)
        if steered.variant.is_delta:
            again = {kind: control.responses(kind) for kind in TYPES}
            assert not any(row["resources"] for rows in again.values() for row in rows), again
        else:
            assert control.responses("clusters") and control.responses("endpoints"), "the server says it all again"
        equal(proxy.stats(APPLIED), before, "what was applied")
        equal(steered.certificate(), certificate, "the certificate")
        control.serve(endpoints=[steered.endpoints("one", "b"), steered.endpoints("two", "b")])
        steered.wait_for_body("b")


def a_restart_with_a_new_snapshot(steered):
    control, proxy = steered.control, steered.proxy
    untouched = r"^(cluster[.]two[.](membership_change|upstream_cx_destroy)|listener_manager[.]listener_(added|modified|removed))$"
    with steered.traffic():
        old = known(steered)
        before = proxy.stats(untouched)
        control.kill()
        steered.wait_for_outage()
        control.prepare(clusters=[*control.resources("clusters"), steered.cluster("three")],
                        endpoints=[steered.endpoints("one", "b"), steered.endpoints("two", "b"), steered.endpoints("three", "a")],
                        routes=[steered.routes(b.route("/three", "three"))])
        control.start()
        steered.wait_for_body("b")
        steered.wait_for_body("a", "/three")
        equal(proxy.stats(untouched), before, "what did not change")
        wait_for_return(steered, old)
        if steered.variant.is_delta:
            sent = {name for received in control.responses("endpoints") for name in received["names"]}
            equal(sent, {"one", "three"}, "what the server had to send")
        every_answer(steered)


def a_restart_after_a_refusal(steered):
    """What was refused is not told as accepted, and is refused again."""
    control = steered.control
    old, since = known(steered), len(control.events())
    with steered.traffic():
        control.serve(clusters=[*control.resources("clusters"), steered.cluster("bad", connect_timeout="0s")])
        control.wait_for_nack("clusters", since)
        control.kill()
        steered.wait_for_outage()
        control.start()
        wait_for_return(steered, old)
        nack = control.wait_for_nack("clusters", 0)
        assert "bad: connect_timeout" in nack["error_detail"]["message"], nack
        since = len(control.events())
        control.serve(clusters=[steered.cluster("one"), steered.cluster("two"), steered.cluster("bad")],
                      endpoints=[steered.endpoints("one", "b"), steered.endpoints("two", "b"), steered.endpoints("bad", "b")])
        control.wait_for_ack("clusters", since)
        steered.wait_for_clusters("one", "two", "bad")
        steered.wait_for_body("b")
