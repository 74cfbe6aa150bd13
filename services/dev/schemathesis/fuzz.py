"""Calls every operation of a running `signalbox dev` with generated input, and refuses what the
description does not promise: an answer of 5xx, a status, a content type or a body it does not name.

Usage: fuzz.py PORT. The seed is fixed: two runs send the same. The server is used up by it.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = 20
SEED = 20261120
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
# End the session that the other operations are called with, so they get one of their own.
ENDS_THE_SESSION = {"end_session", "revoke_session", "revoke_sessions"}
# Not HTTP once it has begun; the isolation suite and the live tests open it.
NOT_FOR_HTTP_CLIENTS = {"open_live"}
EMAIL = "fuzz@example.com"


class Server:
    """A server on loopback that answers for a name without that name being looked up."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.root = f"localhost:{port}"
        self.tenant = f"fuzz.localhost:{port}"

    def call(self, host: str, path: str, body: object = None, token: str = "") -> dict:
        """Sends `body` (or nothing) to `path` on `host` and returns the JSON of the answer."""
        headers = {"Host": host, "Content-Type": "application/json", "Origin": f"http://{host}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(f"{path} on {host}: {error.code} {error.read().decode()}")


def register(server: Server) -> str:
    """Registers the organisation that is fuzzed, verifies its owner, and returns the password."""
    password = secrets.token_urlsafe(24)
    organization = {"organization_name": "Fuzz", "slug": "fuzz", "email": EMAIL}
    both = {"password": password, "password_confirm": password}
    server.call(server.root, "/api/v1/auth/register", organization | both)
    for _ in range(300):
        for mail in server.call(server.root, "/dev/mail/messages")["items"]:
            token = re.search(r"#token=([\w-]+)", mail["text"])
            if token and mail["to"] == EMAIL:
                server.call(server.tenant, "/api/v1/auth/verify-email", {"token": token[1]})
                return password
        time.sleep(0.1)
    sys.exit("the mail with the link did not come")


def fuzz(title: str, server: Server, host: str, operations: set[str], known: dict, token: str = "") -> bool:
    """Runs Schemathesis over `operations` as they are seen on `host`; `known` is for the hooks."""
    print(f"\n--- {title}: {len(operations)} operations on {host}", flush=True)
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/api/v1/openapi.json"]
    command += ["--url", server.url, "--header", f"Host: {host}", "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", str(SEED)]
    command += ["--generation-database", "none", "--continue-on-failure"]
    command += ["--request-timeout", "30", "--no-color"]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    for operation in sorted(operations):
        command += ["--include-operation-id", operation]
    hooks = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    with tempfile.TemporaryDirectory() as scratch:
        return subprocess.run(command, cwd=scratch, env=os.environ | hooks | known).returncode == 0


def main() -> None:
    server = Server(int(sys.argv[1]))
    password = register(server)

    def token() -> str:
        return server.call(server.tenant, "/api/v1/auth/token", {"email": EMAIL, "password": password})["access_token"]

    def endpoint(path: str) -> str:
        body = {"name": path, "url": server.url + path, "interval_seconds": 300}
        return server.call(server.tenant, "/api/v1/endpoints", body, token())["id"]

    known = {"KNOWN_EMAIL": EMAIL, "KNOWN_PASSWORD": password}
    endpoints = {"KNOWN_ENDPOINT": endpoint("/health"), "DOOMED_ENDPOINT": endpoint("/health/ready")}

    paths = server.call(server.root, "/api/v1/openapi.json")["paths"].values()
    hosts: dict[str, set[str]] = {"root": set(), "tenant": set(), "any": set()}
    for operation in (operation for path in paths for operation in path.values()):
        hosts[operation["x-host"]].add(operation["operationId"])
    signed_in = hosts["tenant"] - ENDS_THE_SESSION - NOT_FOR_HTTP_CLIENTS

    passed = [
        fuzz("the root host", server, server.root, hosts["root"] | hosts["any"], known),
        fuzz("an organisation", server, server.tenant, signed_in, known | endpoints, token()),
        fuzz("the end of a session", server, server.tenant, ENDS_THE_SESSION, known, token()),
    ]
    print(f"\n{sum(passed)} passed, {len(passed) - sum(passed)} failed", flush=True)
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
