"""Which routes a list means: method and template, compiled once.

Judged on the canonical path, which is the one that travels on. Law: an allow matches to the letter; a deny matches also
what a careless upstream takes for the same (another case, a slash, a dot or blanks at the end, a path parameter, a
query or a fragment that is escaped). HEAD is judged as GET, because it tells what GET tells.
"""

from collections.abc import Iterable, Iterator

import msgspec

from tollway.contract.rights import ANY_METHOD, RouteRights

ANY_DEPTH = "**"
_PARAMETER = "%3b"
_ENDS = ("%3f", "%23")
"""A question mark and a number sign: whoever unescapes before splitting ends the path there."""
_BLANKS = (".", "%20", "+")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One segment of a template: a text, or what stands before and after a `{name}`."""

    before: str
    after: str = ""
    is_open: bool = False

    def matches(self, text: str) -> bool:
        """Whether a segment of a path is of this form; a `{name}` stands for one character at least."""
        if not self.is_open:
            return text == self.before
        least = len(self.before) + len(self.after)
        return len(text) > least and text.startswith(self.before) and text.endswith(self.after)


class Template(msgspec.Struct, frozen=True, gc=False):
    """A compiled rule. `text` is the rule as written; `has_rest` means everything below as well."""

    text: str
    method: str
    segments: tuple[Segment, ...]
    has_rest: bool

    def matches(self, method: str, segments: list[str]) -> bool:
        """Whether a call is one that the rule means."""
        if self.method not in (method, ANY_METHOD) or len(segments) < len(self.segments):
            return False
        if len(segments) != len(self.segments) and not self.has_rest:
            return False
        return all(mine.matches(its) for mine, its in zip(self.segments, segments, strict=False))


class RouteRules(msgspec.Struct, frozen=True, gc=False):
    """Allow and deny, compiled."""

    allow: tuple[Template, ...] | None
    deny: tuple[Template, ...]

    def find_denied(self, method: str, paths: Iterable[str]) -> str | None:
        """Return the deny rule that the call falls under on one of its paths."""
        if not self.deny:
            return None
        method = as_judged(method)
        for path in paths:
            found = _find(self.deny, method, _split(fold(path)))
            if found is not None:
                return found
            for reading in _other_readings(path) if "%" in path else ():
                found = _find(self.deny, method, _split(reading))
                if found is not None:
                    return found
        return None

    def allows(self, method: str, paths: Iterable[str]) -> bool:
        """Whether the call is on the allow list on one of its paths, or there is no such list."""
        if self.allow is None:
            return True
        return any(_find(self.allow, as_judged(method), _split(path)) is not None for path in paths)


def compile_rules(rights: RouteRights) -> RouteRules | None:
    """Compile one level's list; None when it says nothing. Raises ValueError for a rule that cannot be read."""
    if rights.allow is None and not rights.deny:
        return None
    allow = None if rights.allow is None else tuple(parse_rule(text) for text in rights.allow)
    deny = tuple(_folded(parse_rule(text)) for text in rights.deny)
    return RouteRules(allow, deny)


def parse_rule(text: str) -> Template:
    """Read `GET /orders/{id}`. Raises ValueError, saying what is wrong."""
    method, blank, path = text.partition(" ")
    if not blank or not path.startswith("/"):
        raise ValueError("a route is a method (or `*`), one space and a path that starts with `/`")
    if method != ANY_METHOD and not (method.isascii() and method.isalpha() and method.isupper()):
        raise ValueError("the method is in capital letters, or `*` for all")
    if method == "HEAD":
        raise ValueError("HEAD is judged as GET: name GET")
    segments = _split(path)
    has_rest = segments[-1] == ANY_DEPTH
    return Template(text, method, tuple(map(_segment, segments[:-1] if has_rest else segments)), has_rest)


def as_judged(method: str) -> str:
    """Return the method that a call is judged as."""
    return "GET" if method == "HEAD" else method


def fold(path: str) -> str:
    """Return a path without what a careless upstream does not see."""
    segments = [_fold_segment(segment) for segment in _split(path.lower())]
    while len(segments) > 1 and not segments[-1]:
        segments.pop()
    return "/" + "/".join(segments)


def _other_readings(path: str) -> Iterator[str]:
    """Yield what a path with escapes may be to a strict upstream, and to one that ends it at an escaped mark."""
    low = path.lower()
    yield low
    yield from (fold(low.partition(mark)[0]) for mark in _ENDS if mark in low)


def _fold_segment(segment: str) -> str:
    segment = segment.partition(_PARAMETER)[0]
    while segment.endswith(_BLANKS):
        segment = segment[:-1] if segment[-1] in ".+" else segment[:-3]
    return segment


def _folded(template: Template) -> Template:
    segments = [
        Segment(segment.before.lower(), segment.after.lower(), segment.is_open)
        if segment.is_open
        else Segment(_fold_segment(segment.before.lower()))
        for segment in template.segments
    ]
    while len(segments) > 1 and segments[-1] == Segment(""):
        segments.pop()
    return Template(template.text, template.method, tuple(segments), template.has_rest)


def _segment(text: str) -> Segment:
    if "*" in text and text.strip("*") == "":
        raise ValueError("`**` may only be the last segment; one segment is `{name}`")
    before, opened, rest = text.partition("{")
    name, closed, after = rest.partition("}")
    if not opened:
        if "}" in text:
            raise ValueError(f"`{text}` closes a brace that it does not open")
        return Segment(text)
    if not closed or not name.isidentifier() or "{" in after or "}" in after:
        raise ValueError(f"`{text}` is not a segment with one `{{name}}`")
    return Segment(before, after, is_open=True)


def _split(path: str) -> list[str]:
    return path[1:].split("/")


def _find(templates: tuple[Template, ...], method: str, segments: list[str]) -> str | None:
    return next((template.text for template in templates if template.matches(method, segments)), None)
