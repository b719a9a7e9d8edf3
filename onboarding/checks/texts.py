"""The letters of messages and documents: composed, readable in one direction, escaped once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ehdsi.errors import EhdsiError
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.looking import documents
from onboarding.model import Observation

#: Marks that turn the direction of writing round.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: An entity that was escaped again.
TWICE = re.compile(r"&amp;(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);")


def _of(content: bytes, where: str) -> Iterator[Observation]:
    """What is odd about the characters of a message or document."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return  # MTOM-BYTES and the readers report that
    if re.match(r"<\?xml\s+version=[\"']1\.1", text):
        yield _odd("the declaration says XML 1.1", where, "1.0", "1.1")
    if not unicodedata.is_normalized("NFC", text):
        yield _odd("text is not in composed form", where, "NFC", "decomposed letters")
    if TURNING.search(text):
        yield _odd("text holds marks that turn the direction of writing", where, "none", "U+202A to U+2069")
    if TWICE.search(text):
        yield _odd("text was escaped twice", where, "&amp; once", "&amp;amp; or &amp;lt;")
    if "\ufffd" in text:
        yield _odd("text holds replacement characters", where, "the letters themselves", "U+FFFD")


def _odd(what: str, where: str, expected: str, got: str) -> Observation:
    return Observation(
        what=what, where=where, expected=expected, got=got, clause="XML 1.0, 2.2; Unicode 15, 3.11"
    )


@check(
    id="TEXT-MESSAGES",
    title="messages are plain, composed text",
    requirement=("X-XML-01", "X-XCPD-15"),
    chapter="xcpd",
    needs=("ITI-55",),
)
def messages(bench: Bench) -> Iterator[Observation]:
    """The answers of ITI-55 and ITI-38 for every ordinary patient."""
    for persona in bench.personas("ok"):
        for step, ask in (("ITI-55", bench.asked), ("ITI-38", bench.listed)):
            try:
                content = ask(persona).reply.content
            except EhdsiError:
                continue
            yield from _of(content, f"{persona.key} {step}")


@check(
    id="TEXT-DOCUMENTS",
    title="documents are plain, composed text",
    requirement=("X-XML-01", "X-XCPD-15", "X-SEM-01"),
    chapter="documents",
    needs=("ITI-39",),
)
def texts(bench: Bench) -> Iterator[Observation]:
    """Every document of every ordinary patient."""
    for persona, level in documents(bench):
        try:
            found = bench.retrieved(persona, level).reply.retrieved().documents
        except EhdsiError:
            continue
        for document in found:
            yield from _of(document.content, f"{persona.key} level {level}")
