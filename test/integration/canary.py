"""A client that does nothing wrong, all the while that others do: it must never notice them."""
import threading

from test.integration.raw_client import RawClient


class Canary:
    """One connection that is used for request after request until the end; any trouble is kept."""

    PAUSE_S = 0.005

    def __init__(self, port, path="/canary"):
        self.answered = 0
        self.trouble = []
        self._ends = threading.Event()
        self._port = port
        self._path = path
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *exception):
        self._ends.set()
        self._thread.join()
        if kind is None:
            assert self.answered > 0 and not self.trouble, f"{self.answered} answered, then {self.trouble}"

    def _run(self):
        try:
            with RawClient(self._port) as client:
                while not self._ends.wait(self.PAUSE_S):
                    response = client.get(self._path)
                    if response.status != 200 or response.header("connection"):
                        self.trouble.append(response)
                    self.answered += 1
        except Exception as trouble:  # whatever it is belongs to the report
            self.trouble.append(trouble)
