"""The command behind tools/benchmark."""
import argparse
import json
import os
import platform
import shutil
import sys
import time

from tools.bench import instructions, peers, report, rig
from tools.bench.scenarios import SCENARIOS

_DESCRIPTION = """Compares what proxies spend on a request: CPU time, system calls, user instructions, memory.

Repetitions are interleaved (A B C, A B C, ...) and ratios are taken within a repetition, so a noisy
machine disturbs them little. `floor` is the least that a relay on epoll can do."""


def _arguments(argv):
    parser = argparse.ArgumentParser("tools/benchmark", description=_DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default=",".join(SCENARIOS), help="default: %(default)s")
    parser.add_argument("--proxy", help="default: all of floor, weir, nginx, haproxy, envoy that are here ($ENVOY names Envoy's binary)")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="of measuring in each cell; default: %(default)s")
    parser.add_argument("--out", default="benchmark.json", help="every record and the summary; default: %(default)s")
    parser.add_argument("--instructions", action="store_true", help="also count user instructions (valgrind; slow)")
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="with --instructions: print the N costliest functions")
    parser.add_argument("--calls", action="store_true", help="name the system calls (strace instead of perf)")
    parser.add_argument("--list", action="store_true", help="say which proxies and scenarios there are")
    # Given by tools/benchmark.
    for name in ("--floor", "--backend", "--load", "--weir"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _chosen_peers(args, known):
    if not args.proxy:
        return [peer for peer in known.values() if peer.program]
    chosen = []
    for name in args.proxy.split(","):
        if name not in known:
            sys.exit(f"unknown proxy {name}; known: {', '.join(known)}")
        if not known[name].program:
            hint = "set ENVOY to its binary" if name == "envoy" else "tools/benchmark --install installs it"
            sys.exit(f"{name} is not on this machine ({hint})")
        chosen.append(known[name])
    return chosen


def _one_cell(programs, scenario, peer, repetition, args):
    record = {"scenario": scenario, "proxy": peer.name, "repetition": repetition, "load_average": os.getloadavg()[0]}
    try:
        with rig.Cell(programs, scenario, peer) as cell:
            record.update(rig.measure(cell, args.seconds))
            if repetition == args.repetitions - 1:
                record.update(rig.count_syscalls(cell, args.calls))
        if args.instructions and repetition == 0 and not SCENARIOS[scenario].is_idle:
            record.update(instructions.count(programs, scenario, peer, args.functions))
    except (RuntimeError, OSError, ValueError) as error:
        record["failed"] = str(error)
    return record


def _show(record):
    print(f"{record['scenario']:10} {record['proxy']:8} #{record['repetition']}  {report.headline(record)}", file=sys.stderr, flush=True)
    for name, cost in record.get("functions", {}).items():
        print(f"    {cost:8.0f}  {name[:130]}", file=sys.stderr)
    for name, calls in record.get("syscalls_by_name", {}).items():
        print(f"    {name:20} {calls:.3f}", file=sys.stderr)


def _write(path, args, records, summary):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "")
    document = {"command": sys.argv, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "seconds": args.seconds,
                "machine": {"cpu": cpu, "cpus": os.cpu_count(), "kernel": platform.release()},
                "summary": summary, "records": records}
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
    os.replace(path + ".new", path)


def main(argv):
    args = _arguments(argv)
    known = peers.known_peers(args.floor, args.weir)
    if args.list:
        print("scenarios:", *SCENARIOS)
        print("proxies:  ", *[f"{p.name} ({p.program or 'not here'})" for p in known.values()])
        return 0
    scenarios = args.scenario.split(",")
    for name in scenarios:
        if name not in SCENARIOS:
            sys.exit(f"unknown scenario {name}; known: {', '.join(SCENARIOS)}")
    chosen = _chosen_peers(args, known)
    if args.instructions and not shutil.which("valgrind"):
        sys.exit("--instructions needs valgrind: tools/benchmark --install")
    rig.raise_descriptor_limit()
    if not rig.enter_private_network():
        print("no private network here (needs root or user namespaces): other users of loopback may disturb", file=sys.stderr)
    programs, records = rig.Programs(args.backend, args.load), []
    for scenario in scenarios:
        for repetition in range(args.repetitions):
            for peer in chosen:
                if peer.can(SCENARIOS[scenario]):
                    records.append(_one_cell(programs, scenario, peer, repetition, args))
                    _show(records[-1])
    summary = report.summarize(records)
    for scenario, rows in summary.items():
        print("\n" + report.table(scenario, SCENARIOS[scenario].unit, rows))
    _write(args.out, args, records, summary)
    return 1 if any("failed" in r for r in records) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
