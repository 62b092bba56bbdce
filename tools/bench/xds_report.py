"""Figures of several proxies → a Markdown table with their ratio to the first one's."""
import statistics


def median_by_proxy(records):
    """[{"proxy": …, "figures": {name: number}}] → {proxy: {name: median}}, in the order of first appearance."""
    found = {}
    for record in records:
        for name, value in record["figures"].items():
            if value is not None:
                found.setdefault(record["proxy"], {}).setdefault(name, []).append(value)
    return {proxy: {name: statistics.median(values) for name, values in figures.items()} for proxy, figures in found.items()}


def _number(value):
    if value is None:
        return "–"
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(first, other):
    return f"{other / first:.1f} ×" if first and other is not None else "–"


def table(title, by_proxy):
    """A row a figure, a column a proxy, then the ratio of each other proxy to the first."""
    proxies = list(by_proxy)
    names = list(dict.fromkeys(name for figures in by_proxy.values() for name in figures))
    lines = [[title, *proxies, *(f"{other} ÷ {proxies[0]}" for other in proxies[1:])]]
    for name in names:
        values = [by_proxy[proxy].get(name) for proxy in proxies]
        lines.append([name, *map(_number, values), *(_ratio(values[0], other) for other in values[1:])])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]

    def text(line):
        first, *rest = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths)))
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([text(lines[0]), rule, *(text(line) for line in lines[1:])])
