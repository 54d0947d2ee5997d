"""How the Graph API says no: error bodies, and the faults that imitate them.

The status is usually 400 whatever happened, so a client has to decide on the code.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.sandbox.faults import Fault, json_answer

__all__ = ["GraphRefusalError", "expired_token", "gone", "graph_fault", "rate_limited"]


class GraphRefusalError(Exception):
    """The platform refuses a request.

    Args:
        code: The platform's own number, such as 190.
        message: As the platform words it.
        subcode: The second number, where there is one.
        status: The HTTP status.
    """

    def __init__(
        self, code: int, message: str, *, subcode: int | None = None, status: int = 400
    ) -> None:
        super().__init__(f"({code}/{subcode}) {message}")
        self.code = code
        self.message = message
        self.subcode = subcode
        self.status = status

    def body(self) -> dict[str, object]:
        """The JSON that is sent."""
        error: dict[str, object] = {
            "message": self.message,
            "type": "OAuthException" if self.code != 100 else "GraphMethodException",  # noqa: PLR2004 - Meta's number
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code in (1, 2, 4, 17, 32, 341, 613):
            error["is_transient"] = True
        return {"error": {**error, "fbtrace_id": f"A{self.code:04d}trace"}}


def gone(object_id: str) -> GraphRefusalError:
    """The answer for an identifier or an alias that is not there, or is not ours to see."""
    if object_id.replace("_", "").isdigit():
        message = (
            f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded"
            " due to missing permissions, or does not support this operation."
        )
        return GraphRefusalError(100, message, subcode=33)
    message = f"(#803) Some of the aliases you requested do not exist: {object_id}"
    return GraphRefusalError(803, message, status=404)


def expired_token() -> Fault:
    """A fault: the token expired, as every call hears it."""
    message = "Error validating access token: Session has expired."
    return graph_fault(190, message, subcode=463)


def rate_limited(code: int = 80001, headers: Mapping[str, str] | None = None) -> Fault:
    """A fault: a limit was reached; 4 is the app's, 17 a person's, 32 and 80001 a page's."""
    message = f"(#{code}) There have been too many calls to this account. Wait a bit."
    return graph_fault(code, message, headers=headers)


def graph_fault(
    code: int,
    message: str = "An error occurred.",
    *,
    subcode: int | None = None,
    status: int = 400,
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """A fault: any error of the platform's, in its own shape."""
    refusal = GraphRefusalError(code, message, subcode=subcode, status=status)
    return json_answer(status, refusal.body(), headers)
