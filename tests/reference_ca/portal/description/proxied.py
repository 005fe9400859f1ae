"""The vendor's SDK drives the stand-in through Prism's proxy, which compares every exchange with the description.

    tox -e portal-prism -- --spec PATH --prism node_modules/.bin/prism

Fails where Prism reports a violation that findings.toml does not list with its reason, and where a listed one does not
occur any more. The description is the vendor's, and not part of this project.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import requests
import sdk

from reference_ca.portal.service import Ready, Settings, running

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
HEADER = "sl-violations"
"""Of each answer: what Prism found, as JSON."""


@dataclass(frozen=True)
class Violation:
    """What Prism found, where in the exchange: `request`, or `response.body.` and a path."""

    request: str
    place: str
    message: str


@dataclass(frozen=True)
class Accepted:
    """Violations that are accepted: any whose place and message end so."""

    place: str
    message: str
    reason: str

    def covers(self, violation: Violation) -> bool:
        return violation.place.endswith(self.place) and self.message in violation.message


def accepted() -> list[Accepted]:
    """Those of the file; each must have its reason."""
    entries = tomllib.loads((HERE / "findings.toml").read_text(encoding="utf-8"))["violation"]
    found = [Accepted(entry["place"], entry["message"], entry["reason"]) for entry in entries]
    assert all(len(one.reason) > 20 for one in found)
    return found


@contextmanager
def proxy(prism: Path, spec: Path, ready: Ready) -> Iterator[str]:
    """Prism between client and stand-in, on a free port; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [prism, "proxy", spec, ready.url, "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(ready.ca_file)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        if not any("Prism is listening" in line for line in process.stdout):
            sys.exit("Prism does not start")
        threading.Thread(target=process.stdout.read, daemon=True).start()  # so that it never waits for a reader
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def recorded() -> Iterator[list[list[Violation]]]:
    """The violations of each exchange."""
    found: list[list[Violation]] = []
    send = requests.Session.send

    def listen(session: Any, request: Any, **options: Any) -> Any:
        response = send(session, request, **options)
        about = f"{request.method} {request.path_url}: {response.status_code}"
        violations = json.loads(response.headers.get(HEADER, "[]"))
        found.append([Violation(about, ".".join(map(str, one["location"])), one["message"]) for one in violations])
        return response

    with patch.object(requests.Session, "send", listen):
        yield found


def report(exchanges: list[list[Violation]]) -> int:
    """Print what was found, and return the exit code."""
    listed, found = accepted(), [violation for one in exchanges for violation in one]
    unlisted = [violation for violation in found if not any(one.covers(violation) for one in listed)]
    stale = [one for one in listed if not any(map(one.covers, found))]
    for violation in unlisted:
        print(f"{violation.request}\n    {violation.place}: {violation.message}")
    for one in stale:
        print(f"listed, and not found any more: {one.place}: {one.message}")
    print(f"{len(exchanges)} exchanges, {len(found) - len(unlisted)} violations that are listed, {len(unlisted)} not")
    return 1 if unlisted or stale or len(exchanges) < len(sdk.STEPS) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--spec", type=Path, required=True, help="the vendor's description, Swagger 2.0 in YAML")
    parser.add_argument("--prism", type=Path, default=Path("prism"), help="the command of @stoplight/prism-cli")
    options = parser.parse_args()
    if not options.spec.is_file():
        parser.error(f"{options.spec} is not a file")
    with TemporaryDirectory() as folder, running(Settings(Path(folder) / "portal.sqlite")) as ready:
        with proxy(options.prism, options.spec, ready) as url, sdk.loopback_alone(), recorded() as exchanges:
            sdk.drive(replace(ready, url=url))
        return report(exchanges)


if __name__ == "__main__":
    sys.exit(main())
