"""Which sums answer a question about a range of time: the coarsest there are, and condensed ones where they are whole.

A range is covered by spans and days in its middle, hours around them and minutes at its edges, so that a year to the
minute costs some 200 rows a group instead of 500,000.
"""

from collections.abc import Iterable, Iterator

from tollway.ledger.model import DAY, HOUR, MINUTE, RESOLUTIONS, SPANS
from tollway.ledger.ports import Stretch, UsageReader


def finest_resolution(since: int, reader: UsageReader) -> int:
    """Return the finest resolution whose sums since then have not been deleted yet.

    Sums of one resolution are gone where those of the next start earlier.
    """
    starts = {resolution: reader.oldest_start(resolution) for resolution in RESOLUTIONS}
    if starts[DAY] is None:
        return MINUTE
    for finer, oldest in starts.items():
        if oldest is not None and (oldest <= since or _is_whole(finer, oldest, starts)):
            return finer
    return DAY


def _is_whole(finer: int, oldest: int, starts: dict[int, int | None]) -> bool:
    coarser = {resolution: start for resolution, start in starts.items() if resolution > finer}
    return all(start is None or start >= oldest - oldest % resolution for resolution, start in coarser.items())


def cover(start: int, end: int, resolutions: list[int]) -> tuple[Stretch, ...]:
    """Cover [start, end) with stretches, the coarsest possible each, `resolutions` from coarse to fine.

    The ends are rounded outwards to the finest. Stretches are in order and do not overlap.
    """
    if start >= end:
        return ()
    resolution, *finer = resolutions
    if not finer:
        return (Stretch(resolution, start - start % resolution, end + -end % resolution),)
    inner_start, inner_end = start + -start % resolution, end - end % resolution
    if inner_start >= inner_end:
        return cover(start, end, finer)
    inner = Stretch(resolution, inner_start, inner_end)
    return (*cover(start, inner_start, finer), inner, *cover(inner_end, end, finer))


def cover_condensed(
    start: int, end: int, resolutions: list[int], reader: UsageReader, *, has_narrow: bool
) -> tuple[Stretch, ...]:
    """Cover [start, end) as `cover` does, with condensed sums wherever they are whole.

    `resolutions` may begin with spans, which are used only so. `has_narrow`: whether a narrow cube knows what is asked.
    """
    return tuple(_condense(cover(start, end, resolutions), resolutions, reader, has_narrow))


def _condense(
    stretches: Iterable[Stretch], resolutions: list[int], reader: UsageReader, has_narrow: bool
) -> Iterator[Stretch]:
    for stretch in stretches:
        is_span = stretch.resolution in SPANS
        if not is_span and (not has_narrow or stretch.resolution not in (HOUR, DAY)):
            yield stretch
            continue
        finer = resolutions[resolutions.index(stretch.resolution) + 1 :]
        for part in _split(stretch, reader.built(stretch)):
            if part.is_condensed or not is_span:
                yield part
            else:
                yield from _condense(cover(part.start, part.end, finer), finer, reader, has_narrow)


def _split(stretch: Stretch, built: list[int]) -> Iterator[Stretch]:
    """Yield the parts of a stretch, condensed and not, in order."""
    resolution, at = stretch.resolution, stretch.start
    for first, after in _runs(built, resolution):
        if at < first:
            yield Stretch(resolution, at, first)
        yield Stretch(resolution, first, after, is_condensed=True)
        at = after
    if at < stretch.end:
        yield Stretch(resolution, at, stretch.end)


def _runs(starts: list[int], resolution: int) -> Iterator[tuple[int, int]]:
    first = after = None
    for start in starts:
        if first is None or start != after:
            if first is not None and after is not None:
                yield first, after
            first = start
        after = start + resolution
    if first is not None and after is not None:
        yield first, after
