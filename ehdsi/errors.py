"""Every error of this project that a caller may want to catch, as one tree.

::

    EhdsiError
    ├── LocalError            we were asked something that makes no sense (a bug, or a wrong configuration)
    ├── PeerError             the other side broke a rule; says which, where, expected, got
    │   ├── MalformedXml          not well-formed, or refused by the hardened parser
    │   ├── MalformedSoap         not a SOAP 1.2 envelope that the profile allows
    │   ├── MalformedMessage      a payload of XCPD, XCA, SMP or CDA that cannot be read
    │   ├── MalformedMime         a multipart/related body that cannot be split
    │   ├── EntryRefused          what the SMP says about a country may not be used; nothing was sent to it
    │   ├── SignatureRefused      no signature, a wrong one, or one that does not cover what is read
    │   └── AssertionRefused      an HCP, TRC or next-of-kin assertion that breaks a rule
    └── TransportFailure      nothing usable came back: refused, reset, timed out, TLS

A ``PeerError`` is written for the person who has to mend the peer: it says what was wrong, where, what was
expected and got, which clause says so and what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


class EhdsiError(Exception):
    """Base of all errors raised on purpose by this project."""


class LocalError(EhdsiError):
    """Our side broke a rule: a wrong argument, a missing file, an impossible configuration."""


@dataclass(eq=False)
class PeerError(EhdsiError):
    """The other side broke a rule.

    Attributes
    ----------
    what : one sentence, no personal data, no stack trace.
    where : XPath, header name or byte range; empty when the whole message is meant.
    expected, got : short texts; ``got`` never holds identity traits or clinical content.
    clause : the rule, e.g. ``"IHE ITI-55 3.55.4.2"``.
    hint : what to do next.
    code : eHDSI or IHE error code that goes on the wire, where one exists.
    line : line in the received document, 0 when unknown.
    """

    what: str
    where: str = ""
    expected: str = ""
    got: str = ""
    clause: str = ""
    hint: str = ""
    code: str = ""
    line: int = 0

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"at {self.where}" + (f" (line {self.line})" if self.line else ""))
        if self.expected or self.got:
            parts.append(f"expected {self.expected or '-'}, got {self.got or '-'}")
        if self.clause:
            parts.append(self.clause)
        if self.hint:
            parts.append(self.hint)
        return "; ".join(parts)


class MalformedXml(PeerError):
    """Bytes that are not well-formed XML, or that the hardened parser refuses (DTD, entity, depth, size)."""


class MalformedSoap(PeerError):
    """Not a SOAP 1.2 envelope with the headers that the profile allows."""


class MalformedMessage(PeerError):
    """A payload of XCPD, XCA, SMP, search mask or CDA that cannot be read."""


class MalformedMime(PeerError):
    """A ``multipart/related`` body that cannot be split."""


class SignatureRefused(PeerError):
    """No signature, a wrong one, an untrusted one, or one that does not cover what would be read."""


class EntryRefused(PeerError):
    """The entry of a country in the SMP cannot be used, so nothing was asked of the country."""

    @classmethod
    def because_of(cls, error: PeerError) -> EntryRefused:
        """The same words about what is wrong with the entry."""
        return cls(**{one.name: getattr(error, one.name) for one in fields(PeerError)})


class AssertionRefused(PeerError):
    """An assertion that breaks a rule of the SAML profile; ``code`` is what goes back on the wire."""


@dataclass(eq=False)
class TransportFailure(EhdsiError):
    """Nothing usable came back from a peer.

    ``kind`` is one of ``refused``, ``reset``, ``timeout``, ``tls``, ``dns``, ``http``; ``what`` is a sentence
    that says what to do; ``status`` is the HTTP status for kind ``http``, otherwise 0.
    """

    kind: str
    what: str
    status: int = 0

    def __str__(self) -> str:
        return self.what
