"""What both sides of a signature share: names of algorithms, canonical bytes.

Source: XML Signature 1.1, section 6; RFC 9231; Exclusive XML Canonicalization 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from cryptography.hazmat.primitives import hashes
from lxml import etree

from ehdsi.oids import NS_DS
from ehdsi.xml import XmlElement

C14N_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

Canonicalization = Literal["exclusive", "inclusive"]
HashName = Literal["sha1", "sha256", "sha384", "sha512"]

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),  # noqa: S303
}
#: Signature algorithm -> (kind of key, hash).
SIGNATURE_METHODS: dict[str, tuple[str, str]] = {
    f"{_MORE}rsa-sha256": ("RSA", "sha256"), f"{_MORE}rsa-sha384": ("RSA", "sha384"),
    f"{_MORE}rsa-sha512": ("RSA", "sha512"), f"{_MORE}ecdsa-sha256": ("EC", "sha256"),
    f"{_MORE}ecdsa-sha384": ("EC", "sha384"), f"{_MORE}ecdsa-sha512": ("EC", "sha512"),
    f"{NS_DS}rsa-sha1": ("RSA", "sha1"), f"{_MORE}ecdsa-sha1": ("EC", "sha1"),
}
DIGEST_METHODS: dict[str, str] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256", "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    f"{_MORE}sha384": "sha384", f"{NS_DS}sha1": "sha1",
}
CANONICALIZATIONS: dict[str, Canonicalization] = {C14N_EXCLUSIVE: "exclusive", C14N_INCLUSIVE: "inclusive"}

SIGNATURE = f"{{{NS_DS}}}Signature"


def canonical_bytes(element: XmlElement, method: Canonicalization, prefixes: Sequence[str]) -> bytes:
    """Canonical bytes of an element without comments and tail; ``prefixes`` is the PrefixList."""
    return etree.tostring(element, method="c14n", exclusive=method == "exclusive", with_comments=False,
                          with_tail=False, inclusive_ns_prefixes=list(prefixes) or None)
