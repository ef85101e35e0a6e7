"""Renders the pages outside the dashboard. Values are escaped by the engine; there is no other way to HTML."""

import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

_STYLE = files("tollway.web").joinpath("static", "console.css").read_bytes()
_SCRIPT = files("tollway.web").joinpath("static", "passkey.js").read_bytes()
_COLLECT = files("tollway.web").joinpath("static", "collect.js").read_bytes()

_environment = Environment(
    loader=PackageLoader("tollway.web"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    auto_reload=False,
)
_environment.globals["style_version"] = hashlib.sha256(_STYLE).hexdigest()[:12]
_environment.globals["script_version"] = hashlib.sha256(_SCRIPT).hexdigest()[:12]
_environment.globals["collect_version"] = hashlib.sha256(_COLLECT).hexdigest()[:12]


def render(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page. Never cached: what it shows depends on who asks and when."""
    html = _environment.get_template(template).render(values)
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})


def render_form(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page with a form.

    Browsers write `Origin: null` on the form's request under `no-referrer`, which is all there is to check on
    plain HTTP, where they send no Sec-Fetch-Site (Fetch, "append a request Origin header"). `same-origin`
    tells the address to our own origin only.
    """
    page = render(template, status=status, **values)
    page.headers["referrer-policy"] = "same-origin"
    return page


def render_message(title: str, text: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page that says one thing; `command`, `link` with `link_text`, `code` with `request_id` may be added."""
    parts = {"command": "", "link": "", "link_text": "", "code": "", "request_id": "", **values}
    return render("message.html", status=status, title=title, text=text, **parts)
