"""Signing by OAuth 1.0a without a word in the log, where the library's client tells the token."""

from __future__ import annotations

import secrets
import time
from urllib.parse import parse_qsl, urlsplit

import requests
from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.parameters import prepare_headers
from requests.auth import AuthBase
from typing_extensions import override

__all__ = ["OAuth1Signing"]


class OAuth1Signing(AuthBase):
    """Puts an HMAC-SHA1 signature into the ``Authorization`` header of each request.

    Args:
        key: The app's.
        secret: The app's.
        token: The account's.
        token_secret: The account's.
    """

    def __init__(self, key: str, secret: str, token: str, token_secret: str) -> None:
        self._key = key
        self._secret = secret
        self._token = token
        self._token_secret = token_secret

    @override
    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        url = prepared.url or ""
        told = [
            ("oauth_consumer_key", self._key),
            ("oauth_nonce", secrets.token_hex(16)),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", str(int(time.time()))),
            ("oauth_token", self._token),
            ("oauth_version", "1.0"),
        ]
        signed = [*told, *parse_qsl(urlsplit(url).query, keep_blank_values=True), *_form(prepared)]
        base = signature.signature_base_string(
            prepared.method or "GET",
            signature.base_string_uri(url),
            signature.normalize_parameters(signed),
        )
        made = signature.sign_hmac_sha1_with_client(base, self)
        headers = prepare_headers([*told, ("oauth_signature", made)])
        prepared.headers["Authorization"] = headers["Authorization"]
        return prepared

    @property
    def client_secret(self) -> str:
        """As the library's function reads it."""
        return self._secret

    @property
    def resource_owner_secret(self) -> str:
        """As the library's function reads it."""
        return self._token_secret


def _form(prepared: requests.PreparedRequest) -> list[tuple[str, str]]:
    kind = prepared.headers.get("Content-Type", "")
    if "x-www-form-urlencoded" not in kind or not prepared.body:
        return []
    body = prepared.body.decode() if isinstance(prepared.body, bytes) else prepared.body
    return parse_qsl(body, keep_blank_values=True)
