"""The headers of an answer that an integration makes: some names belong to API Gateway, and come out as others.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
The names are those of LocalStack's comparison with AWS: https://github.com/localstack/localstack/pull/11237
"""

from __future__ import annotations

import re

from werkzeug.datastructures import Headers

DROPPED = {"transfer-encoding"}
REMAPPED = {
    *("authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards"),
    *("proxy-authenticate", "server", "trailer", "upgrade", "user-agent", "www-authenticate"),
}
NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


def outgoing(headers: Headers) -> Headers:
    """Under the names that the client gets them by, their values in UTF-8. Raises ValueError: a name is none."""
    sent = Headers()
    for name, value in headers:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a header")
        if name.lower() not in DROPPED:
            sent.add(f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name, in_utf_8(value))
    return sent


def in_utf_8(value: str) -> str:
    """As WSGI has it: a character for each byte."""
    return value.encode(errors="replace").decode("latin-1")
