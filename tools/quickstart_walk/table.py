"""The live table: redrawn in place on a terminal, a line now and then elsewhere."""
import sys
import time

_PLAIN_PERIOD_S = 1.0


class Table:
    def __init__(self, is_terminal):
        self._is_terminal = is_terminal
        self._drawn_lines = 0
        self._last_plain = 0.0

    def title(self, text):
        self._above(f"\n\033[1m{text}\033[0m" if self._is_terminal else f"\n{text}")

    def note(self, text):
        self._above(f"  {text}")

    def draw(self, rows, weights, errors, p50, p99, version):
        if not self._is_terminal:
            self._draw_plain(rows, weights, errors, p50, p99, version)
            return
        total = max(1, sum(row[2] for row in rows))
        lines = [f"  {'backend':<9}{'cluster':<9}{'weight':>6}{'requests':>10}{'share':>8}  health"]
        for name, cluster, requests, health in rows:
            lines.append(f"  {name:<9}{cluster:<9}{weights[cluster]:>6}{requests:>10}{requests / total:>8.1%}  {health}")
        lines.append(f"  errors {errors}   p50 {p50:.1f} ms   p99 {p99:.1f} ms   routes version {version[:12]}")
        self._erase()
        print("\n".join(lines), flush=True)
        self._drawn_lines = len(lines)

    def _draw_plain(self, rows, weights, errors, p50, p99, version):
        if time.monotonic() - self._last_plain < _PLAIN_PERIOD_S:
            return
        self._last_plain = time.monotonic()
        shares = " ".join(f"{name}({cluster})={requests}" for name, cluster, requests, _ in rows)
        print(f"    {shares} weights={weights['stable']}/{weights['canary']} errors={errors} p50={p50:.1f}ms "
              f"p99={p99:.1f}ms routes={version[:12]}", flush=True)

    def _above(self, text):
        self._erase()
        print(text, flush=True)

    def _erase(self):
        if self._drawn_lines:
            sys.stdout.write(f"\033[{self._drawn_lines}A\033[J")
            self._drawn_lines = 0
