"""Behind ci/xds_conformance: Weir steered by go-control-plane, in each variant of the protocol. Ends with 'N passed, N failed'.

What its server never does (duplicate names, resources nobody asked for, nonces of its own making) is in
test/integration, against a scripted one.
"""
import argparse
import os
import sys
import traceback

from go_control_plane import refusal_cases, restart_cases, steering_cases
from go_control_plane.steered import Steered, Variant
from tally import Tally

from test.integration.certificates import Authority

_VARIANTS = [Variant(is_aggregated, is_delta) for is_aggregated in (True, False) for is_delta in (False, True)]
_CASES = [
    steering_cases.everything_comes_live, steering_cases.changes_take_effect, steering_cases.clusters_swapped_in_one_snapshot,
    steering_cases.many_clusters_at_once, steering_cases.a_listener_changes_under_its_clients,
    steering_cases.subscriptions_grow_and_shrink, steering_cases.removal, steering_cases.initial_fetch_timeouts,
    refusal_cases.refused_clusters_among_good_ones, refusal_cases.refused_resources_of_the_other_types,
    restart_cases.the_control_plane_comes_last, restart_cases.a_restart_with_the_same_snapshot,
    restart_cases.a_restart_with_a_new_snapshot, restart_cases.a_restart_after_a_refusal]


def _run(tally, args, variant, authority, case, *options):
    if args.only not in case.__name__:
        return
    trouble = ""
    try:
        with Steered(args.weir, args.server, variant, authority, *options) as steered:
            case(steered)
    except Exception:  # whatever it is belongs to the report
        trouble = traceback.format_exc()
    tally.case(f"{variant}: {case.__name__.replace('_', ' ')}", not trouble, trouble)


def main():
    parser = argparse.ArgumentParser("ci/xds_conformance")
    for name in ("weir", "server"):
        parser.add_argument(name, type=os.path.abspath)
    parser.add_argument("--only", default="", help="cases with this in their names")
    args = parser.parse_args()
    tally = Tally()
    with Authority() as authority:
        for variant in _VARIANTS:
            for case in _CASES:
                _run(tally, args, variant, authority, case)
            if not variant.is_delta:  # its cache knows of no time to live by delta
                _run(tally, args, variant, authority, steering_cases.heartbeats_and_times_to_live, "-heartbeat", "300ms")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
