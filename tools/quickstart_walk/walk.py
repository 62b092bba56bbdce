#!/usr/bin/env python3
"""Three backends, a control plane, and Weir between them and steady traffic: watch what happens.

The walk changes the YAML files that weir-control serves, one step after the other, and after each
one checks that the traffic went where the new configuration says.
"""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from parts import Admin, Child, Traffic, backend  # noqa: E402
from table import Table  # noqa: E402

# What the examples' ports stand for; the real ones are any that are free.
EXAMPLE_PORTS = {"a": 9001, "b": 9002, "c": 9003}


class StepFailed(Exception):
    pass


class Walk:
    def __init__(self, options):
        self.options = options
        self.step_s = 2.0 if options.fast else 5.0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-quickstart-"))
        self.resources = self.folder / "resources"
        self.children, self.backends, self.ports = [], {}, {}
        self.traffic = None
        self.table = Table(is_terminal=sys.stdout.isatty())

    def start(self):
        shutil.copytree(self.options.examples / "resources", self.resources)
        for name in EXAMPLE_PORTS:
            self.backends[name], self.ports[name] = backend(name)
        for name, example in EXAMPLE_PORTS.items():
            self.edit("endpoints", f"port_value: {example}}}", f"port_value: {self.ports[name]}}}")
        if self.options.any_ports:
            self.edit("listeners", "port_value: 8080", "port_value: 0")
        control_port = 0 if self.options.any_ports else 18000
        self.control = self.child("weir-control", [self.options.control, "--listen", f"127.0.0.1:{control_port}",
                                                   "--directory", self.resources])
        listening = self.need(self.control.wait_for(r"listening on 127\.0\.0\.1:(\d+)"), "weir-control did not start")
        bootstrap = (self.options.examples / "weir.yaml").read_text()
        bootstrap = bootstrap.replace("port_value: 18000", f"port_value: {listening[1]}")
        if self.options.any_ports:
            bootstrap = bootstrap.replace("port_value: 9901", "port_value: 0")
        (self.folder / "weir.yaml").write_text(bootstrap)
        self.weir = self.child("weir", [self.options.weir, "-c", self.folder / "weir.yaml", "--concurrency", "2"])
        admin = self.need(self.weir.wait_for(r"admin address: 127\.0\.0\.1:(\d+)"), "Weir did not start")
        self.admin = Admin(int(admin[1]))
        self.admin_port = int(admin[1])
        self.until(lambda: self.admin.get("/ready") == "LIVE\n", "Weir did not become live")
        self.port = self.need(self.admin.listener_port("web"), "there is no listener")
        self.traffic = Traffic(self.port)

    def child(self, name, arguments):
        child = Child([str(argument) for argument in arguments], self.folder / f"{name}.log")
        self.children.append(child)
        return child

    def need(self, value, problem):
        if not value:
            tails = "\n".join(line for child in self.children for line in child.lines[-5:])
            raise StepFailed(f"{problem}\n{tails}")
        return value

    def until(self, holds, problem, seconds=20):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                self.need(False, problem)
            self.show()
            time.sleep(0.1)

    def edit(self, name, old, new):
        """Changes a resource file the way an editor does: written beside, moved into place."""
        path = self.resources / f"{name}.yaml"
        text = path.read_text()
        self.need(old in text, f"{path.name} has no {old!r}")
        beside = self.folder / f"{name}.new"
        beside.write_text(text.replace(old, new))
        os.replace(beside, path)

    def show(self):
        if self.traffic is None:
            return
        counts, errors, p50, p99 = self.traffic.counts()
        weights = {}
        routes = (self.resources / "routes.yaml").read_text()
        for name in ("stable", "canary"):
            weights[name] = routes.split(f"name: {name}, weight: ")[1].split("}")[0]
        health = self.admin.health()
        rows = [(name, "canary" if name == "c" else "stable", counts.get(name, 0),
                 health.get(f"127.0.0.1:{port}", "not in the configuration")) for name, port in self.ports.items()]
        self.table.draw(rows, weights, len(errors), p50, p99, self.admin.version("dynamic_route_configs")[0])

    def changed(self, kind, change):
        """Makes a change and waits until Weir serves the new version of that kind."""
        before = self.admin.version(kind)[0]
        change()
        self.until(lambda: self.admin.version(kind)[0] != before, f"Weir did not take the new {kind}")

    def measure(self):
        """What the traffic did for the length of a step, under the configuration as it is now."""
        self.traffic.reset()
        end = time.monotonic() + self.step_s
        while time.monotonic() < end:
            self.show()
            time.sleep(0.2)
        counts, errors, _, _ = self.traffic.counts()
        self.show()
        return counts, errors, max(1, sum(counts.values()))

    def expect(self, holds, what):
        self.table.note(("ok      " if holds else "FAILED  ") + what)
        if not holds:
            raise StepFailed(what)

    def no_errors(self, errors):
        self.expect(not errors, f"no request failed{': ' + errors[0] if errors else ''}")

    def share(self, counts, total, wanted):
        """The canary's share, within five standard deviations of what the weights say."""
        actual, spread = counts.get("c", 0) / total, 5 * (wanted * (1 - wanted) / total) ** 0.5
        self.expect(abs(actual - wanted) <= spread, f"the canary got {actual:.1%} of {total} requests, "
                                                    f"as its weight of {wanted:.0%} says")

    def walk(self):
        for step in (self.canary, self.even, self.remove_endpoint, self.kill_backend, self.bad_config, self.recover):
            self.table.title(step.__doc__)
            step()

    def canary(self):
        """1. A canary gets 10 % of the requests"""
        counts, errors, total = self.measure()
        self.no_errors(errors)
        self.share(counts, total, 0.1)

    def even(self):
        """2. The weights become 50/50, live"""
        def change():
            self.edit("routes", "name: stable, weight: 90", "name: stable, weight: 50")
            self.edit("routes", "name: canary, weight: 10", "name: canary, weight: 50")

        self.changed("dynamic_route_configs", change)
        # Two files' edits may come as two versions: the second is there once the weights add up.
        self.until(lambda: "weight: 50" in self.admin.get("/config_dump?resource=dynamic_route_configs")
                   or '"weight": 50' in self.admin.get("/config_dump?resource=dynamic_route_configs"), "no 50/50")
        time.sleep(0.5)
        counts, errors, total = self.measure()
        self.no_errors(errors)
        self.share(counts, total, 0.5)

    def remove_endpoint(self):
        """3. Endpoint b leaves the configuration: it gets no more requests, and none is lost"""
        self.line_b = f"    - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: " \
                      f"{self.ports['b']}}}}}}}\n"
        self.edit("endpoints", self.line_b, "")
        gone = f"127.0.0.1:{self.ports['b']}"
        self.until(lambda: gone not in self.admin.health(), "Weir still has b")
        time.sleep(0.2)
        counts, errors, _ = self.measure()
        self.no_errors(errors)
        self.expect(counts.get("b", 0) == 0, "b got no request")

    def kill_backend(self):
        """4. b comes back; a is killed: its requests are tried again at b"""
        line_a = self.line_b.replace(str(self.ports["b"]), str(self.ports["a"]))
        self.edit("endpoints", line_a, line_a + self.line_b)
        back = f"127.0.0.1:{self.ports['b']}"
        self.until(lambda: back in self.admin.health(), "b did not come back")
        self.traffic.reset()
        self.backends["a"].kill()
        self.backends["a"].wait()
        time.sleep(0.2)
        _, errors, _, _ = self.traffic.counts()
        self.no_errors(errors)
        counts, errors, _ = self.measure()
        self.no_errors(errors)
        self.expect(counts.get("a", 0) == 0 and counts.get("b", 0) > 0, "b answers for a")

    def bad_config(self):
        """5. A bad route is pushed: Weir refuses it, says why, and keeps serving"""
        before, since = self.admin.version("dynamic_route_configs")[0], len(self.control.lines)
        self.edit("routes", 'match: {prefix: "/"}', 'match: {safe_regex: {regex: "/(unclosed"}}')
        refused = self.control.wait_for(r"NACK.*", since)
        self.need(refused, "weir-control heard of no refusal")
        counts, errors, total = self.measure()
        self.no_errors(errors)
        version, why = self.admin.version("dynamic_route_configs")
        self.expect("regex" in why, f"the reason is told: {why}")
        self.expect(version == before and total > 0, f"version {version[:12]} still serves")

    def recover(self):
        """6. The route is repaired: Weir takes it"""
        self.edit("routes", 'match: {safe_regex: {regex: "/(unclosed"}}', 'match: {prefix: "/"}')
        self.until(lambda: self.admin.version("dynamic_route_configs")[1] == "", "the refusal did not end")
        counts, errors, total = self.measure()
        self.no_errors(errors)
        self.share(counts, total, 0.5)

    def stay(self):
        self.table.note(f"Everything keeps running. Try: curl http://127.0.0.1:{self.port}/   "
                        f"admin: http://127.0.0.1:{self.admin_port}/")
        self.table.note(f"Edit the files in {self.resources} and watch. Ctrl-C ends it.")
        while True:
            self.show()
            time.sleep(0.5)

    def stop(self):
        if self.traffic is not None:
            self.traffic.stop()
        codes = [child.stop() for child in reversed(self.children)]
        for process in self.backends.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return codes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", type=pathlib.Path, required=True)
    parser.add_argument("--control", type=pathlib.Path, required=True)
    parser.add_argument("--examples", type=pathlib.Path, required=True)
    parser.add_argument("--once", action="store_true", help="end after the walk")
    parser.add_argument("--fast", action="store_true", help="shorter steps")
    parser.add_argument("--any-ports", action="store_true", help="free ports instead of 8080, 9901 and 18000")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    walk = Walk(options)
    failure = None
    try:
        walk.start()
        walk.walk()
        if not options.once:
            walk.stay()
    except KeyboardInterrupt:
        print()
    except StepFailed as problem:
        failure = problem
    finally:
        codes = walk.stop()
    if failure is not None:
        print(f"quickstart: {failure}", file=sys.stderr)
        return 1
    if any(codes):
        print(f"quickstart: a process ended with {codes}", file=sys.stderr)
        return 1
    print("quickstart: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
