"""The access points that a controller tells of."""

from __future__ import annotations

from collections.abc import Mapping

from netmon.measures import clean
from netmon.profiles.asking import absolute, columns_of
from netmon.profiles.filling import is_sane
from netmon.profiles.plan import Answers
from netmon.profiles.terms import converter
from netmon.profiles.texts import Texts, hold, root_of
from netmon.profiles.words import Add, Aggregate, Constant, FirstOf, Get, Listing, Profile, Source

AccessPoint = Mapping[str, str | float]
"""What a controller tells of one: texts by field, and ``clients`` as a number where it tells."""


def access_points(profile: Profile, answers: Answers) -> tuple[dict[str, str | float], ...]:
    """List the access points that a controller reports: what the profile knows of each, empty fields left out.

    ``answers`` hold the columns of :func:`~netmon.profiles.asking.listing_needs`, and sysObjectID where the profile
    has a root. ``clients`` are a number.
    """
    root = root_of(profile, answers)
    return tuple(point for listing in profile.access_points for point in _of_listing(listing, answers, root))


def _of_listing(listing: Listing, answers: Answers, root: str) -> list[dict[str, str | float]]:
    texts, counting = Texts(answers, root), _Counting(answers, root)
    own = [absolute(column, root) for source in listing.texts.values() for column in columns_of(source)]
    out = []
    for index in dict.fromkeys(index for column in own for index in answers.rows(column)):
        if not hold(listing.where, answers.columns, index, root):
            continue
        told = {key: clean(texts.text(source, index)) for key, source in listing.texts.items()}
        point: dict[str, str | float] = {key: text for key, text in told.items() if text}
        clients = counting.value(listing.clients, index) if listing.clients else None
        if clients is not None and is_sane("wifi_clients", clients):
            point["clients"] = clients
        out.append(point)
    return out


class _Counting:
    """Numbers of rows, from what was just read; a controller may have hundreds of rows, each with rows of its own."""

    def __init__(self, answers: Answers, root: str) -> None:
        self._answers = answers
        self._root = root
        self._texts = Texts(answers, root)
        self._parts: dict[Aggregate, dict[str, float]] = {}

    def value(self, source: Source, index: str) -> float | None:
        match source:
            case Get():
                return converter(source)(self._texts.cell(source, index))
            case Constant(value=value):
                return value
            case FirstOf(sources=several):
                return next((found for one in several if (found := self.value(one, index)) is not None), None)
            case Add(sources=several):
                given = [found for one in several if (found := self.value(one, index)) is not None]
                return sum(given) if given else None
            case Aggregate():
                return self._aggregate(source, index)
            case _:
                return None

    def _aggregate(self, aggregate: Aggregate, index: str) -> float | None:
        if aggregate not in self._parts:
            self._parts[aggregate] = self._parted(aggregate)
        parts = self._parts[aggregate]
        if not parts and aggregate.exists and not self._answers.rows(absolute(aggregate.exists, self._root)):
            return None
        if not parts and not aggregate.exists and aggregate.how != "count":
            return None
        own = self._texts.text(aggregate.matches, index) if aggregate.matches else ""
        if aggregate.matches and not own:
            return None  # it does not say who it is: rows that say nothing either are not its own
        return parts.get(own, None if aggregate.how == "mean" else 0)

    def _parted(self, aggregate: Aggregate) -> dict[str, float]:
        """Give the sums, or means, of the rows that belong to one row of the list."""
        convert = converter(aggregate.cell())
        by = aggregate.by or Get(aggregate.column)
        parts: dict[str, list[float]] = {}
        for row, cell in self._answers.rows(absolute(aggregate.column, self._root)).items():
            value = 1 if aggregate.how == "count" else convert(cell)
            if value is not None and hold(aggregate.where, self._answers.columns, row, self._root):
                parts.setdefault(self._texts.text(by, row) if aggregate.matches else "", []).append(value)
        is_mean = aggregate.how == "mean"
        return {text: sum(found) / len(found) if is_mean else sum(found) for text, found in parts.items()}
