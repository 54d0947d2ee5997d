"""The pretend council page in a browser: one page to read, two forms that change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from monitor.sandbox.pages_council import (
    ADMIN,
    PUBLIC,
    change_comment,
    shown_posts,
    write_comment,
    writers,
)
from monitor.sandbox.pages_render import Filled, Frame
from monitor.sandbox.town import Town, TownPage, TownRefusalError

__all__ = ["council_router"]

_NO_PAGE = "The town has no page of that address."


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a form was turned back, and what was typed into which."""

    sentence: str
    key: str
    text: str


def council_router(frame: Frame, town: Town) -> APIRouter:
    """The routes below ``/page``: read, write a comment or reply, change a comment."""
    router = APIRouter(prefix="/page/{page_id}")

    @router.get("")
    def read(page_id: str, viewer: str = PUBLIC) -> HTMLResponse:
        page = town.page(page_id)
        return _drawn(frame, town, page, viewer=viewer) if page else frame.missing(_NO_PAGE)

    @router.post("/write")
    def write(page_id: str, filled: Filled) -> Response:
        page = town.page(page_id)
        return _written(frame, town, page, filled=filled) if page else frame.missing(_NO_PAGE)

    @router.post("/change")
    def change(page_id: str, filled: Filled) -> Response:
        page = town.page(page_id)
        return _changed(frame, town, page, filled=filled) if page else frame.missing(_NO_PAGE)

    return router


def _written(frame: Frame, town: Town, page: TownPage, *, filled: Mapping[str, str]) -> Response:
    viewer, parent_id = filled.get("viewer", PUBLIC), filled.get("parent", "")
    post_id, text = filled.get("post", ""), filled.get("text", "")
    name = _viewer_name(town, page, viewer) or filled.get("name") or filled.get("other", "")
    try:
        comment = write_comment(
            town,
            page,
            post_id,
            text=text,
            name=name,
            parent_id=parent_id,
            at=frame.clock(),
        )
    except TownRefusalError as refusal:
        key = f"reply-{parent_id}" if parent_id else post_id
        turned_back = _Refused(str(refusal), key, text)
        return _drawn(frame, town, page, viewer=viewer, refused=turned_back)
    return _back(page, viewer, comment.id)


def _changed(frame: Frame, town: Town, page: TownPage, *, filled: Mapping[str, str]) -> Response:
    viewer, comment_id = filled.get("viewer", PUBLIC), filled.get("comment", "")
    try:
        change_comment(
            town,
            comment_id,
            change=filled.get("change", ""),
            viewer=viewer,
            text=filled.get("text", ""),
            at=frame.clock(),
        )
    except TownRefusalError as refusal:
        turned_back = _Refused(str(refusal), "", "")
        return _drawn(frame, town, page, viewer=viewer, refused=turned_back)
    return _back(page, viewer, comment_id)


def _drawn(
    frame: Frame, town: Town, page: TownPage, *, viewer: str, refused: _Refused | None = None
) -> HTMLResponse:
    viewer_name = _viewer_name(town, page, viewer)
    return frame.draw(
        "page.html",
        here=page.id,
        status=409 if refused else 200,
        page=page,
        viewer=viewer if viewer_name else PUBLIC,
        viewer_name=viewer_name,
        posts=shown_posts(town, page, viewer=viewer),
        writers=writers(town, page),
        refused=refused,
    )


def _viewer_name(town: Town, page: TownPage, viewer: str) -> str:
    """The name under which a viewer writes; "" for the public, who choose one."""
    if viewer == ADMIN:
        return page.name
    resident = town.resident(viewer)
    return resident.name if resident else ""


def _back(page: TownPage, viewer: str, comment_id: str) -> RedirectResponse:
    query = urlencode({"viewer": viewer})
    return RedirectResponse(f"/page/{page.id}?{query}#comment-{comment_id}", 303)
