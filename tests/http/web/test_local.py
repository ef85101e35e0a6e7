"""The wrapper marks a copy of the scope."""

from tollway.web.identity import LOCAL
from tollway.web.local import LocalApp


async def test_the_mark_is_set_on_a_copy() -> None:
    seen: list[dict[str, object]] = []

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(scope)

    scope: dict[str, object] = {"type": "http"}
    await LocalApp(app)(scope, None, None)  # type: ignore[arg-type]
    assert seen[0][LOCAL] is True
    assert LOCAL not in scope
