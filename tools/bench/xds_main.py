"""The command behind tools/xds_benchmark."""
import argparse
import json
import os
import sys

from tools.bench import rig, xds_report, xds_trials
from tools.bench.xds_cell import Fleet, known_proxies

_DESCRIPTION = """Measures what a control plane's work costs a proxy: time until a fleet of clusters serves, time until a
changed endpoint or cluster takes effect, memory of an idle cluster and host, the main loop's longest turn.

A scripted control plane serves N clusters over ADS with ten endpoints each and routes to all; proxies are measured one
after another in the same run. Envoy takes part when ENVOY names its binary."""


def _numbers(text):
    return [int(word) for word in text.split(",") if word]


def _arguments(argv):
    parser = argparse.ArgumentParser("tools/xds_benchmark", description=_DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_numbers, default=[10, 1000, 10000], help="numbers of clusters; default: 10,1000,10000")
    parser.add_argument("--variant", default="sotw", help="sotw, delta or both with a comma; default: %(default)s")
    parser.add_argument("--edits", type=int, default=1000, help="changes of one endpoint (a tenth of it of what pushes all); default: %(default)s")
    parser.add_argument("--steering-workers", type=int, default=1, help="workers while edits are timed; more than one: an edit has to be "
                        "seen on four connections for each; default: %(default)s")
    parser.add_argument("--workers", type=_numbers, default=[1, 2, 16], help="numbers of workers to measure memory with, '' for none; default: 1,2,16")
    parser.add_argument("--memory-clusters", type=int, default=10000, help="clusters to measure memory with; default: %(default)s")
    parser.add_argument("--churn", type=float, metavar="MINUTES", help="instead: 100 EDS, 10 CDS and 1 LDS pushes a second under traffic")
    parser.add_argument("--orders", type=int, metavar="N", help="instead: N times all four kinds pushed in a random order under traffic")
    parser.add_argument("--proxy", default="", help="weir, envoy or both with a comma; default: all that are here, Weir first")
    parser.add_argument("--repetitions", type=int, default=1, help="interleaved, medians are shown; default: %(default)s")
    parser.add_argument("--out", default="xds_benchmark.json", help="every record; default: %(default)s")
    # Given by tools/xds_benchmark.
    for name in ("--weir", "--xds-fleet"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _chosen(args):
    known = known_proxies(args.weir)
    names = args.proxy.split(",") if args.proxy else [name for name, proxy in known.items() if proxy.program]
    for name in names:
        if name not in known:
            sys.exit(f"unknown proxy {name}; known: {', '.join(known)}")
        if not known[name].program:
            sys.exit(f"{name} is not here (ENVOY names Envoy's binary)")
    return [known[name] for name in names]


def _trials(args, tools):
    """(title, function of a proxy), in the order in which they are measured."""
    if args.churn is not None:
        return [(f"churn, {size} clusters", lambda proxy, size=size: xds_trials.churn(tools, proxy, Fleet(size), args.churn))
                for size in args.sizes[:1]]
    if args.orders is not None:
        return [(f"orders, {size} clusters", lambda proxy, size=size: xds_trials.orders(tools, proxy, Fleet(size), args.orders))
                for size in args.sizes[:1]]
    variants = args.variant.split(",")
    if unknown := set(variants) - {"sotw", "delta"}:
        sys.exit(f"unknown variant {', '.join(unknown)}; known: sotw, delta")
    steering = [(f"{size} clusters × 10, {variant}",
                 lambda proxy, size=size, variant=variant: xds_trials.steering(
                     tools, proxy, Fleet(size, is_delta=variant == "delta"), args.steering_workers))
                for variant in variants for size in args.sizes]
    memory = [(f"memory, {count} workers", lambda proxy, count=count: xds_trials.memory(tools, proxy, args.memory_clusters, count))
              for count in args.workers]
    return steering + memory


def _measure(title, trial, proxy):
    record = {"trial": title, "proxy": proxy.name, "load_average": os.getloadavg()[0], "figures": {}}
    try:
        record["figures"] = trial(proxy)
    except (RuntimeError, OSError, ValueError) as error:
        record["failed"] = str(error)
        print(f"{title}: {proxy.name} failed: {error}", file=sys.stderr, flush=True)
    return record


def main(argv):
    args = _arguments(argv)
    proxies = _chosen(args)
    rig.raise_descriptor_limit()
    if not rig.enter_private_network():
        print("no private network here (needs root or user namespaces): other users of loopback may disturb", file=sys.stderr)
    records = []
    for title, trial in _trials(args, xds_trials.Rig(args.xds_fleet, args.edits)):
        for _ in range(args.repetitions):
            records += [_measure(title, trial, proxy) for proxy in proxies]
        by_proxy = xds_report.median_by_proxy([r for r in records if r["trial"] == title])
        if by_proxy:
            print(xds_report.table(title, by_proxy) + "\n", flush=True)
    with open(args.out + ".new", "w", encoding="utf-8") as file:
        json.dump({"command": sys.argv, "records": records}, file, indent=1, ensure_ascii=False)
    os.replace(args.out + ".new", args.out)
    return 1 if any("failed" in record for record in records) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
