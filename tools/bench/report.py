"""Records of repetitions → one row for each proxy, as a table for people and as JSON."""
import statistics


def _values(records, key):
    return [r[key] for r in records if r.get(key) is not None]


def _paired_ratios(records, floor_records, key):
    """Each repetition over the floor's of the same repetition: slow drift of the machine cancels out."""
    floor = {r["repetition"]: r[key] for r in floor_records if r.get(key)}
    return [r[key] / floor[r["repetition"]] for r in records if r.get(key) and r["repetition"] in floor]


def summarize(records):
    """{scenario: {proxy: {measure: median}}}; failed cells carry "failed" only."""
    summary = {}
    for scenario in dict.fromkeys(r["scenario"] for r in records):
        rows = summary.setdefault(scenario, {})
        of_scenario = [r for r in records if r["scenario"] == scenario]
        floor = [r for r in of_scenario if r["proxy"] == "floor"]
        for proxy in dict.fromkeys(r["proxy"] for r in of_scenario):
            own = [r for r in of_scenario if r["proxy"] == proxy]
            good = [r for r in own if "failed" not in r]
            if not good:
                rows[proxy] = {"failed": own[-1]["failed"]}
                continue
            row = {key: statistics.median(values)
                   for key in ("cpu_us", "per_second", "p50_us", "p99_us", "syscalls", "instructions", "rss_kib", "idle_rss_kib", "idle_bytes")
                   if (values := _values(good, key))}
            ratios = _paired_ratios(good, floor, "cpu_us")
            if ratios:
                row["cpu_over_floor"] = statistics.median(ratios)
            row["errors"] = sum(r.get("errors", 0) + r.get("bad_status", 0) for r in good) + len(own) - len(good)
            rows[proxy] = row
    return summary


_COLUMNS = [
    ("CPU µs", "cpu_us", "{:.1f}", 1), ("× floor", "cpu_over_floor", "{:.2f}", 1), ("per second", "per_second", "{:,.0f}", 1),
    ("p50 µs", "p50_us", "{:.0f}", 1), ("p99 µs", "p99_us", "{:.0f}", 1), ("syscalls", "syscalls", "{:.2f}", 1),
    ("instructions", "instructions", "{:,.0f}", 1), ("RSS MiB", "rss_kib", "{:.1f}", 1 / 1024),
    ("idle RSS", "idle_rss_kib", "{:.1f}", 1 / 1024), ("KiB each", "idle_bytes", "{:.1f}", 1 / 1024), ("errors", "errors", "{:d}", 1),
]


def headline(record):
    """One line about one cell."""
    if "failed" in record:
        return record["failed"]
    said = [form.format(record[key]) for key, form in
            [("cpu_us", "{:.1f} µs"), ("per_second", "{:,.0f}/s"), ("p99_us", "p99 {:.0f} µs"), ("idle_bytes", "{:,.0f} bytes each")]
            if record.get(key) is not None]
    return ", ".join(said)


def _cell(row, key, form, scale):
    value = row.get(key)
    if value is None:
        return "–"
    return form.format(value if form == "{:d}" else value * scale)


def table(scenario, unit, rows):
    """A Markdown table; only the columns that something was measured for."""
    columns = [c for c in _COLUMNS if any(row.get(c[1]) is not None for row in rows.values())]
    lines = [[f"{scenario} (per {unit})"] + [c[0] for c in columns]]
    for proxy, row in rows.items():
        lines.append([proxy] + [_cell(row, *c[1:]) for c in columns])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    def text(line):
        first, *rest = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths)))
        return "| " + " | ".join([first, *rest]) + " |"
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    failures = [f"{proxy} failed: {row['failed']}" for proxy, row in rows.items() if "failed" in row]
    return "\n".join([text(lines[0]), rule] + [text(line) for line in lines[1:]] + failures)
