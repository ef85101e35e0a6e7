"""Serves the built dashboard to people who are signed in, and says plainly when it is not built.

Hashed files are public and cached for ever; every other path outside the API is the dashboard's own
(its router runs in the browser) and answers with index.html, never from a cache.
"""

from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from tollway.kernel.errors import TollwayError
from tollway.web.asking import services_of
from tollway.web.identity import find_caller
from tollway.web.templating import render_message

router = APIRouter(include_in_schema=False)

BUILD_COMMAND = "python scripts/build_ui.py"
_IMMUTABLE = "public, max-age=31536000, immutable"


class HashedFiles(StaticFiles):
    """Files whose name (or query) changes with their content. What is missing is a 404, never a page."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Serve one file, cached for ever."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed through as received
        response.headers["cache-control"] = _IMMUTABLE
        return response

    async def check_config(self) -> None:
        """Refuse while the folder does not exist; it may be made later."""
        try:
            await super().check_config()
        except RuntimeError as error:  # what Starlette raises for a missing folder
            raise TollwayError("management.not_found", public="The dashboard is not built.") from error


def mount_files(app: FastAPI, ui: Path) -> None:
    """Serve the console's own style and the dashboard's hashed files."""
    with as_file(files("tollway.web").joinpath("static")) as static:
        app.mount("/static", HashedFiles(directory=static))
    app.mount("/assets", HashedFiles(directory=ui / "assets", check_dir=False))


@router.get("/{path:path}")
def show_dashboard(path: str, request: Request) -> Response:
    """Serve the dashboard, or lead to sign-in or set-up."""
    if path == "api" or path.startswith("api/"):
        raise TollwayError("management.not_found", public="There is nothing under this path.")
    services = services_of(request)
    if find_caller(request.scope) is None:
        if services.sessions.is_setup_needed():
            return RedirectResponse("/setup", 303)
        # Of the scope: the URL that the framework makes has the Host header in it.
        query = request.scope["query_string"].decode("latin-1")
        here = quote(request.scope["path"]) + (f"?{query}" if query else "")
        return RedirectResponse("/sign-in" + (f"?next={quote(here, safe='')}" if here != "/" else ""), 303)
    index = services.ui / "index.html"
    if not index.is_file():
        return render_message(
            "The dashboard is not built",
            "The gateway and its API work; only these pages are missing. Build them with Node.js, then reload:",
            status=503,
            command=BUILD_COMMAND,
        )
    return FileResponse(index, media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache"})
