"""Certificates signed with SHA-1, for negative tests: libraries of today read them and do not make them."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

#: AlgorithmIdentifier of ecdsa-with-SHA256 and of ecdsa-with-SHA1. Source: RFC 5480, 2.1.1; RFC 5758, 3.2.
_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_SHA1 = bytes.fromhex("300906072a8648ce3d0401")

_SEQUENCE, _BIT_STRING = 0x30, 0x03


def signed_with_sha1(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The same certificate as its issuer would have signed it twenty years ago.

    Parameters
    ----------
    certificate : signed by ``key`` with SHA-256.
    """
    body = certificate.tbs_certificate_bytes
    content = body[_header(body) :].replace(_SHA256, _SHA1, 1)
    changed = _element(_SEQUENCE, content)
    signature = key.sign(changed, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - the very thing that is tested
    whole = changed + _SHA1 + _element(_BIT_STRING, b"\x00" + signature)
    return x509.load_der_x509_certificate(_element(_SEQUENCE, whole))


def _header(element: bytes) -> int:
    """Bytes before the content of a DER element."""
    return 2 if element[1] < 0x80 else 2 + (element[1] & 0x7F)


def _element(tag: int, content: bytes) -> bytes:
    """A DER element."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
