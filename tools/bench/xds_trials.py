"""What is measured of a proxy that a control plane steers: figures by name, for xds_report."""
from tools.bench.xds_cell import Fleet, XdsCell

_MIB = 1024


class Rig:
    """The programs, and how thoroughly to measure."""

    def __init__(self, xds_fleet, edits=1000, settle_s=7.0):
        self.xds_fleet, self.edits, self.settle_s = xds_fleet, edits, settle_s

    def cell(self, proxy, fleet, workers=1, connections=1):
        return XdsCell(self.xds_fleet, proxy, fleet, workers, connections)


def _edit_figures(name, found):
    return {f"{name}, p50 ms": found["p50_ms"], f"{name}, p99 ms": found["p99_ms"], f"{name}, worst ms": found["worst_ms"],
            f"{name}, never seen": found["overdue"]}


def steering(rig, proxy, fleet, workers=1):
    """From the stream's opening to serving, and how fast edits take effect then."""
    whole = max(1, rig.edits // 10)
    with rig.cell(proxy, fleet, workers, connections=1 if workers == 1 else 4 * workers) as cell:
        serving = cell.wait_until_serving()
        figures = {"last cluster serves after ms": serving["serving_ms"], "CPU until then, ms": cell.cpu_ms(),
                   "longest turn until then, ms": cell.longest_turn_ms(), "RSS MiB": cell.rss_kib(rig.settle_s) / _MIB}
        figures |= _edit_figures("one endpoint", cell.tell("edits", "endpoint", rig.edits))
        figures |= _edit_figures("one endpoint in a push of all", cell.tell("edits", "endpoints", whole))
        figures |= _edit_figures("one cluster" if fleet.is_delta else "one cluster in a push of all", cell.tell("edits", "cluster", whole))
        figures |= {"longest turn, ms": cell.longest_turn_ms(), "RSS after the edits, MiB": cell.rss_kib(rig.settle_s) / _MIB}
    return figures


def _rss_bytes(rig, proxy, fleet, workers):
    with rig.cell(proxy, fleet, workers) as cell:
        cell.wait_until_serving()
        return cell.rss_kib(rig.settle_s) * 1024


def memory(rig, proxy, clusters, workers):
    """Bytes of RSS, shares of the whole process's: of an idle cluster, of an idle host, of a route to it."""
    few = min(10, clusters)
    base = _rss_bytes(rig, proxy, Fleet(few, 1, routes=1), workers)
    bare = _rss_bytes(rig, proxy, Fleet(clusters, 1, routes=1), workers)
    full = _rss_bytes(rig, proxy, Fleet(clusters, 10, routes=1), workers)
    routed = _rss_bytes(rig, proxy, Fleet(clusters, 10), workers)
    host = (full - bare) / (9 * clusters)
    return {"idle cluster, bytes": (bare - base) / max(1, clusters - few) - host, "idle host, bytes": host,
            "virtual host with a route, bytes": (routed - full) / clusters, "all of it, MiB": routed / 1024 / 1024}


def churn(rig, proxy, fleet, minutes, workers=2):
    """Failed requests and growth while endpoints, clusters and listeners keep changing."""
    seconds = minutes * 60
    warm_s = min(30, seconds / 4)
    pace = (100, 10, 1, 8, 1000)
    with rig.cell(proxy, fleet, workers) as cell:
        cell.wait_until_serving()
        warm = cell.tell("churn", warm_s, *pace)
        before = cell.rss_kib(rig.settle_s)
        found = cell.tell("churn", seconds - warm_s, *pace)
        after = cell.rss_kib(rig.settle_s)
    return {**_traffic_figures(found, warm), "RSS before, MiB": before / _MIB, "RSS growth, %": (after - before) / before * 100}


def orders(rig, proxy, fleet, count, workers=2):
    """Failed requests while routes move to new clusters, told in random orders."""
    with rig.cell(proxy, fleet, workers) as cell:
        cell.wait_until_serving()
        found = cell.tell("orders", count, 8, 1000)
    return {"orders": found["orders"], "orders never seen": found["overdue"], "slowest order, ms": found["order_worst_ms"],
            **_traffic_figures(found)}


def _traffic_figures(*reports):
    def total(name):
        return sum(report[name] for report in reports)
    return {"requests": total("requests"), "failed requests": total("bad_status") + total("cut") + total("unanswered"),
            "of them: other status than 200": total("bad_status"), "of them: connection cut": total("cut"),
            "of them: unanswered": total("unanswered"), "connections closed between requests": total("reopened"),
            "slowest request, ms": max(report["worst_ms"] for report in reports)}
