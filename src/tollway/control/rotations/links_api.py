"""One-time links to a token's new secret over HTTP, as operators ask for them. They lead to `web/collecting.py`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tollway.control.rotations.links import Wanted
from tollway.control.tokens.api import TokenId
from tollway.web.asking import FreshTokens
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Output, format_instant

router = APIRouter(prefix="/tokens", tags=["tokens"])


class LinkMailOutput(Output):
    """Whether the mail server took the letter, and its words when not."""

    to: str
    is_ok: bool
    detail: str


class OneTimeLinkInput(Input):
    """`overlap_seconds`: how long the old secret works once the link was used. `mail_to` null: the link is answered."""

    overlap_seconds: Annotated[int, Field(ge=0, le=366 * 86_400)] = 86_400
    mail_to: Annotated[str, Field(max_length=254)] | None = None


class OneTimeLinkOutput(Output):
    """A one-time link. `url` null: it was mailed, and is shown to nobody else; `mail` is then what came of that."""

    url: str | None
    until: Instant | None
    mail: LinkMailOutput | None


@router.post("/{token_id}/link", status_code=201)
def make_link(
    token_id: TokenId, expected: ExpectedVersion, ask: FreshTokens, body: OneTimeLinkInput | None = None
) -> OneTimeLinkOutput:
    """Hand the token's new secret to somebody by a link that works once: of the secret that waits, else of a new one.

    The answer shows the link, once, or says what came of mailing it. Another link makes the one before void.
    """
    ask.show_once()
    asked, links = body or OneTimeLinkInput(), ask.services.rotations.links
    wanted = Wanted(token_id, asked.overlap_seconds, expected)
    if asked.mail_to is not None:
        mailed = links.mail(wanted, asked.mail_to, ask.actor)
        shown = LinkMailOutput(to=mailed.to, is_ok=mailed.is_ok, detail=mailed.detail)
        return OneTimeLinkOutput(url=None, until=None, mail=shown)
    link = links.make(wanted, ask.actor)
    return OneTimeLinkOutput(url=link.url.reveal(), until=format_instant(link.until_ns), mail=None)
