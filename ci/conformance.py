"""Behind ci/conformance: the suites of others, run against the real binary. Ends with 'N passed, N failed'."""
import argparse
import contextlib
import os
import re
import socket
import subprocess
import sys

from tally import Tally  # first: it makes `test` ours

from test.integration import bootstrap as b
from test.integration import waiting
from test.integration.backend import Backend, answering, response
from test.integration.certificates import Authority
from test.integration.proxy import LoggedProcess, Proxy
from test.integration.tls_sockets import chain, downstream_tls, tls_listener, upstream_tls

_HOST = "foo.test.google.fr"  # whom gRPC's interop server is certified for
_INTEROP_CASES = [
    "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream", "cancel_after_begin",
    "cancel_after_first_response", "timeout_on_sleeping_server", "status_code_and_message", "special_status_message",
    "custom_metadata", "unimplemented_method", "unimplemented_service", "rpc_soak", "channel_soak"]
_DEADLINE_S = 60


def _run(*command):
    """(exit code, output); the code is None when it had to be ended."""
    try:
        run = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_DEADLINE_S,
                             check=False)
    except subprocess.TimeoutExpired as late:
        return None, f"{(late.stdout or b'').decode(errors='replace')}\nnot within {_DEADLINE_S} s"
    return run.returncode, run.stdout.decode(errors="replace")


def _h2spec(tally, name, program, port, *options):
    _, output = _run(program, "-h", "127.0.0.1", "-p", port, "--timeout", 5, "--path", "/", *options)
    found = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", output)
    if not found or int(found[1]) == 0:
        return tally.case(f"h2spec {name}", False, output)
    tally.passed += int(found[2])
    tally.failed += int(found[1]) - int(found[2])
    print(f"h2spec {name}: {found[0]}", flush=True)
    if found[1] != found[2]:
        print(output[output.rfind("Failures:"):], flush=True)


def _run_h2spec(tally, weir, program):
    with contextlib.ExitStack() as stack:
        root, backend = stack.enter_context(Authority()), stack.enter_context(Backend(answering(lambda request: response(body=b"x" * 1000))))
        manager = b.connection_manager([b.route("/", "backend")], codec_type="HTTP2")
        listeners = [b.listener(manager, "plain"), tls_listener(chain(manager, downstream_tls([root.issue("a.test")])), name="tls")]
        proxy = stack.enter_context(Proxy(weir, b.bootstrap(listeners, [b.cluster([backend.port])])))
        for way, port, options in (("plaintext", "plain", ()), ("TLS", "tls", ("--tls", "--insecure"))):
            _h2spec(tally, f"over {way}", program, proxy.port(port), *options)
            _h2spec(tally, f"over {way}, strict", program, proxy.port(port), "--strict", *options)


@contextlib.contextmanager
def _interop_server(program, *options):
    """Its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = LoggedProcess([program, f"--port={port}", *options])
    try:
        def listens():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return True

        waiting.until(listens, "the interop server")
        yield port
    finally:
        server.kill()


def _interop(tally, way, client, port, *options):
    for case in _INTEROP_CASES:
        code, output = _run(client, "--server_host=127.0.0.1", f"--server_port={port}", f"--test_case={case}",
                            "--soak_iterations=20", *options)
        tally.case(f"gRPC interop {way}: {case}", code == 0, output)


def _run_interop(tally, weir, client, server):
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(Authority())
        pair = root.issue(_HOST)
        plain = stack.enter_context(_interop_server(server))
        secure = stack.enter_context(_interop_server(server, "--use_tls", f"--tls_cert_file={pair.chain}", f"--tls_key_file={pair.key}"))
        manager = b.connection_manager([b.route("/", "plain", timeout="0s")])
        to_secure = b.connection_manager([b.route("/", "secure", timeout="0s")])
        listeners = [b.listener(manager, "plain"), tls_listener(chain(manager, downstream_tls([pair])), name="tls"),
                     b.listener(to_secure, "to_secure"), tls_listener(chain(to_secure, downstream_tls([pair])), name="tls_to_secure")]
        clusters = [b.over_http2([plain], "plain"),
                    b.over_http2([secure], "secure", transport_socket=upstream_tls(root, sni=_HOST, auto_sni_san_validation=True))]
        proxy = stack.enter_context(Proxy(weir, b.bootstrap(listeners, clusters)))
        by_tls = ["--use_tls", "--use_test_ca", f"--ca_file={root.path}", f"--server_host_override={_HOST}"]
        _interop(tally, "directly", client, plain)
        _interop(tally, "plaintext to plaintext", client, proxy.port("plain"))
        _interop(tally, "TLS to plaintext", client, proxy.port("tls"), *by_tls)
        _interop(tally, "plaintext to TLS", client, proxy.port("to_secure"))
        _interop(tally, "TLS to TLS", client, proxy.port("tls_to_secure"), *by_tls)


def main():
    parser = argparse.ArgumentParser("ci/conformance")
    for name in ("weir", "h2spec", "interop_client", "interop_server"):
        parser.add_argument(name, type=os.path.abspath)
    args = parser.parse_args()
    tally = Tally()
    _run_h2spec(tally, args.weir, args.h2spec)
    _run_interop(tally, args.weir, args.interop_client, args.interop_server)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
