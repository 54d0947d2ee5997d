"""Checking OAuth 1.0a signatures, as the platforms do that ask for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote

from monitor.sandbox.http import Request

__all__ = ["is_signed", "signed_fields"]

_FIELD = re.compile(r'(\w+)="([^"]*)"')


def signed_fields(request: Request) -> dict[str, str]:
    """The fields of an ``Authorization: OAuth`` header, decoded; empty without one."""
    header = request.headers.get("authorization", "")
    if not header.startswith("OAuth "):
        return {}
    return {name: unquote(value) for name, value in _FIELD.findall(header)}


def is_signed(
    request: Request, signed: Mapping[str, str], *, key_secret: str, token_secret: str
) -> bool:
    """Whether the signature fits: HMAC-SHA1 over method, address, query, form and fields."""
    pairs = [
        (name, value)
        for name, value in signed.items()
        if name.startswith("oauth_") and name != "oauth_signature"
    ]
    pairs += [(name, value) for name, values in request.query.items() for value in values]
    if "form" in request.headers.get("content-type", ""):
        pairs += parse_qsl(request.body.decode(), keep_blank_values=True)
    told = "&".join(
        f"{name}={value}"
        for name, value in sorted((_quoted(name), _quoted(value)) for name, value in pairs)
    )
    address = f"http://{request.headers.get('host', '')}{request.path}"
    base = f"{request.method}&{_quoted(address)}&{_quoted(told)}"
    key = f"{_quoted(key_secret)}&{_quoted(token_secret)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    return hmac.compare_digest(signed.get("oauth_signature", ""), base64.b64encode(digest).decode())


def _quoted(text: str) -> str:
    return quote(text, safe="~")
