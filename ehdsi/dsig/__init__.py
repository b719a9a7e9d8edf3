"""Enveloped XML signatures: sign an assertion or a service description, verify what others signed.

Two shapes exist on this wire, and the verifier knows no other: a SAML assertion (``URI="#ID"``, exclusive
canonicalisation) and an SMP document (``URI=""``, inclusive canonicalisation, sometimes around an inner
signature). What a signature covers comes back as a tree parsed from the very bytes that were digested, so
that nothing else can be read by mistake. Trust in the certificate is a separate question: ``ehdsi.trust``.

Source: XML Signature Syntax and Processing 1.1; SAML 2.0 core, section 5.4; OASIS BDX-SMP 1.0, section 2.4.
"""

from __future__ import annotations

from ehdsi.dsig.methods import C14N_EXCLUSIVE, C14N_INCLUSIVE, ENVELOPED, Canonicalization, HashName
from ehdsi.dsig.signing import SigningKey, sign_enveloped
from ehdsi.dsig.verifying import (
    ASSERTION,
    SERVICE_METADATA,
    SignaturePolicy,
    VerifiedSignature,
    refuse_ambiguous_ids,
    verify_enveloped,
)

__all__ = [
    "ASSERTION",
    "C14N_EXCLUSIVE",
    "C14N_INCLUSIVE",
    "ENVELOPED",
    "SERVICE_METADATA",
    "Canonicalization",
    "HashName",
    "SignaturePolicy",
    "SigningKey",
    "VerifiedSignature",
    "refuse_ambiguous_ids",
    "sign_enveloped",
    "verify_enveloped",
]
