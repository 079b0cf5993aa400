"""What is said below a table: each thing once, as fully as is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dcgan_eval.reporting.results.percent import percent
from dcgan_eval.reporting.results.rows import Row, subset_note
from dcgan_eval.reporting.tables.numbers import interval_words

_NUMBER = re.compile(r"\d[\d.,]*(?<![.,])")


class Note(NamedTuple):
    """A sentence below a table.

    Attributes
    ----------
    text
        In full.
    short
        In a few words; empty where a short table does without.
    always
        Whether it stands where no notes are wanted, too.
    """

    text: str
    short: str = ""
    always: bool = False


def said(notes: Iterable[Note], level: str) -> list[str]:
    """The sentences of a level, ``full``, ``short`` or ``none``, each once."""
    found = (
        note.text if level == "full" else note.short
        for note in notes
        if level != "none" or note.always
    )
    return [text for text in dict.fromkeys(found) if text]


def notes_of_subset(rows: Sequence[Row]) -> tuple[Note, ...]:
    """What our rows of one experiment are of, where that is not the whole published set."""
    text = subset_note(rows) if rows else None
    return () if text is None else (Note(text, text, always=True),)


class IntervalNotes(NamedTuple):
    """What is said of intervals: of most of them in a note, of others in footnotes."""

    notes: tuple[Note, ...] = ()
    usual: str = ""

    def of(self, row: Row) -> list[str]:
        """Footnotes of the interval of a row."""
        words = interval_words(row.interval) if self.notes and row.interval else self.usual
        return [] if words == self.usual else [f"Interval: {words}."]


def notes_of_intervals(rows: Sequence[Row], form: str) -> IntervalNotes:
    """Say what the intervals of a grid are, where it shows any.

    Parameters
    ----------
    form
        ``range``, ``pm`` or ``none``.
    """
    intervals = [row.interval for row in rows if row.interval is not None]
    if not intervals or form == "none":
        return IntervalNotes()
    kinds = Counter(interval_words(one) for one in intervals)
    ((usual, _),) = kinds.most_common(1)
    levels = " or ".join(sorted({f"{percent(one.level):g} %" for one in intervals}))
    what = "± is half the interval" if form == "pm" else "Interval"
    where = " where nothing else is said" if len(kinds) > 1 else ""
    return IntervalNotes((Note(f"{what}{where}: {usual}.", f"{what}: {levels}."),), usual)


class RowNotes(NamedTuple):
    """What is said of rows: of all of a kind in notes, of single ones in footnotes.

    Attributes
    ----------
    by_row
        By the keys of rows.
    """

    notes: tuple[Note, ...]
    by_row: Mapping[tuple[object, ...], Sequence[str]]

    def of(self, row: Row) -> Sequence[str]:
        """Footnotes of a row."""
        return self.by_row.get(row.key, ())


def notes_of_rows(rows: Sequence[Row]) -> RowNotes:
    """Sort out what rows of one experiment say, in the order in which they stand.

    What all of ours say, or all published ones, is said once; sentences of several rows that
    differ in numbers alone are one sentence; what our rows are of and the published ones are not
    is said in any case.
    """
    own = [row for row in rows if not row.published]
    cited = [row for row in rows if row.published]
    notes: list[Note] = []
    by_row: dict[tuple[object, ...], Sequence[str]] = {}
    both = bool(own and cited)
    for part, whose in ((own, "Our rows"), (cited, "Published rows")):
        sentences = _together([row.notes for row in part])
        common = _common(sentences) if len(part) > 1 or not both else []
        notes += [Note(f"{whose}: {_lowered(text)}" if both else text) for text in common]
        for row, texts in zip(part, sentences, strict=True):
            by_row[row.key] = [text for text in texts if text not in common]
    sources = list(dict.fromkeys(row.source for row in cited if row.source))
    text = f"Published: {'; '.join(sources)}."
    if len(sources) == 1:
        notes.append(Note(text, text))
    elif sources:
        notes.append(Note("", text))
        for row in cited:
            by_row[row.key] = [*by_row[row.key], f"Published: {row.source}."]
    return RowNotes((*notes, *notes_of_subset(rows)), by_row)


def _common(sentences: Sequence[Sequence[str]]) -> list[str]:
    """What all say."""
    first, *others = sentences or [()]
    return [text for text in first if all(text in one for one in others)]


def _lowered(text: str) -> str:
    """Text behind a colon: a first word that is no name begins small."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _together(sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    """The same with sentences that differ in numbers alone put together.

    ``1024 maps.`` of one row and ``512 maps.`` of the next are, of both, ``1024, 512 maps, in the
    order of the rows.``
    """
    alike: dict[str, list[str]] = {}
    for text in (text for one in sentences for text in one):
        alike.setdefault(_NUMBER.sub("#", text), []).append(text)
    whole = {
        text: _one_sentence(texts)
        for texts in alike.values()
        if len(set(texts)) > 1
        for text in texts
    }
    return [[whole.get(text, text) for text in one] for one in sentences]


def _one_sentence(texts: Sequence[str]) -> str:
    """The words that all have, and what differs as a list."""
    words = [text.removesuffix(".").split() for text in texts]
    first, last = 0, len(words[0])
    while first < last and len({one[first] for one in words}) == 1:
        first += 1
    while last > first and len({one[last - 1] for one in words}) == 1:
        last -= 1
    differing = ", ".join(" ".join(one[first:last]) for one in words)
    return (
        f"{' '.join([*words[0][:first], differing, *words[0][last:]])}, in the order of the rows."
    )
