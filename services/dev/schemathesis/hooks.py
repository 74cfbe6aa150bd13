"""Steers Schemathesis: targets stay on this machine, and some of what is asked for exists.

Generated input alone rarely gets past the first refusal: no password is typed twice by chance.
"""

import os
from urllib.parse import urlsplit

import schemathesis

KNOWN = {"email": os.environ["KNOWN_EMAIL"], "password": os.environ["KNOWN_PASSWORD"]}
ENDPOINT = os.environ.get("KNOWN_ENDPOINT")
DOOMED = os.environ.get("DOOMED_ENDPOINT")


def every_second(text: object) -> bool:
    """Decides by the text itself, so that the same run decides the same."""
    return isinstance(text, str) and sum(text.encode("utf-8", "replace")) % 2 == 0


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leads checks to this machine, asks for what is there, repeats passwords, signs the owner in."""
    found = case.path_parameters.get("id") if case.path_parameters else None
    if ENDPOINT and every_second(found) and len(found) == 36:
        deletes = case.method == "DELETE" or case.path.endswith("/restore")
        case.path_parameters["id"] = DOOMED if deletes else ENDPOINT
    body = case.body
    if not isinstance(body, dict):
        return
    if isinstance(body.get("url"), str):
        body["url"] = on_this_machine(body["url"])
    if every_second(body.get("password")):
        if "password_confirm" in body:
            body["password_confirm"] = body["password"]
        elif case.operation.path.endswith(("/session", "/token")):
            body |= KNOWN


def on_this_machine(url: str) -> str:
    """The same URL with a host that is nobody else's."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts._replace(netloc="127.0.0.1:9").geturl()
    except ValueError:
        pass
    return url
