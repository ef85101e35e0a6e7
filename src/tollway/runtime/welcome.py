"""What a fresh installation hands to whoever started it: the set-up link, and a token for a first call.

The token reaches only the built-in sandbox, is limited and expires in a day; it is made when there is no token at all,
so that a first call can be copied before anything is configured.
"""

from tollway.control.actor import SETUP
from tollway.control.limits.model import LimitRules, RequestRule
from tollway.control.sessions.api import setup_url
from tollway.control.tokens.model import NewToken
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.providers.sandbox import MODELS
from tollway.web.services import ConsoleServices

FIRST_TOKEN_NAME = "first-call"  # noqa: S105 - a name, no secret
FIRST_TOKEN_SECONDS = 86_400


def welcome(services: ConsoleServices, console_url: str) -> dict[str, str]:
    """Return `setup_url` while set-up is needed, and `first_token` on an installation without tokens."""
    notes: dict[str, str] = {}
    if services.sessions.is_setup_needed():
        link = services.sessions.issue_setup_link().reveal()
        notes["setup_url"] = setup_url(console_url, link)
        if not services.tokens.page(limit=1).items and services.gateway.facts.sandbox:
            notes["first_token"] = _issue_first(services)
    return notes


def _issue_first(services: ConsoleServices) -> str:
    new = NewToken(
        name=FIRST_TOKEN_NAME,
        models=tuple(model.name for model in MODELS),
        services=(),
        expires_ns=services.clock.now_ns() + FIRST_TOKEN_SECONDS * NANOS_PER_SECOND,
        limits=LimitRules(requests=(RequestRule("per minute", 60, 60),)),
    )
    try:
        return services.tokens.issue(new, SETUP).secret.reveal()
    except TollwayError:
        return ""
