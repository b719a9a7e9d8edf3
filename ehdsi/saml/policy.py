"""How strictly a receiver holds assertions against the profile: every leniency is a named switch.

``STRICT`` is the profile; ``OPENNCP_LIKE`` is what the reference gateway, release 7.1, was seen to do in its
sources. A simulator runs under either; a validator always judges under ``STRICT``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ehdsi.dsig import ASSERTION, SignaturePolicy
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import HCP_VALIDITY, TRC_VALIDITY


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionPolicy:
    """Switches of a receiver.

    Attributes
    ----------
    structure : refuse what is not valid under the SAML schema.
    signature : algorithms and certificates accepted.
    chain : the signing certificate must lead to a trusted authority; otherwise only its dates count.
    audience : the audience of the profile must be named.
    hcp_confirmation_method : the HCP assertion must say sender-vouches (the TRC assertion must always).
    issuer : issuer texts must name a country B as the profile has it.
    issuer_country : the country in the issuer text must be that of the certificate.
    home_community_id : the HCP assertion must name the home community of country B.
    name_id_equality : TRC and next of kin must name the professional of the HCP assertion.
    same_country : TRC and next of kin must be signed by the country of the HCP assertion.
    next_of_kin : hold next of kin assertions against the rules too.
    trc_purpose_required : a TRC assertion without purpose of use is refused.
    role_name_for_documents : role code and display name must fit for XCA too, not only for XCPD.
    prefixed_values : ``<hl7:Role>`` is accepted like ``<Role>``.
    role_error_kept : a wrong role is reported with its own code, not with the general one.
    several_of_a_kind : two assertions of one kind in a message: the first HCP and the last other one count;
        otherwise refused.
    country_by_text : country B is read behind the first ``C=`` of the certificate's subject text.
    clock_skew : tolerance in both directions.
    hcp_max_validity, trc_max_validity : longest span from NotBefore to NotOnOrAfter.
    two_factor_contexts : accepted authentication contexts of an HCP assertion.
    binding_code : code on the wire where TRC and HCP assertion do not belong together.
    """

    structure: bool = True
    signature: SignaturePolicy = ASSERTION
    chain: bool = True
    audience: bool = True
    hcp_confirmation_method: bool = True
    issuer: bool = True
    issuer_country: bool = True
    home_community_id: bool = True
    name_id_equality: bool = True
    same_country: bool = True
    next_of_kin: bool = True
    trc_purpose_required: bool = False
    role_name_for_documents: bool = False
    prefixed_values: bool = True
    role_error_kept: bool = True
    several_of_a_kind: bool = False
    country_by_text: bool = False
    clock_skew: timedelta = timedelta(seconds=60)
    hcp_max_validity: timedelta = HCP_VALIDITY
    trc_max_validity: timedelta = TRC_VALIDITY
    two_factor_contexts: frozenset[str] = words.TWO_FACTOR_CONTEXTS_OF_THE_PROFILE
    binding_code: str = words.TRC_DOES_NOT_FIT


#: The profile, to the letter.
STRICT = AssertionPolicy()

#: What OpenNCP 7.1 does.
OPENNCP_LIKE = AssertionPolicy(
    chain=False, audience=False, hcp_confirmation_method=False, issuer=False, issuer_country=False,
    home_community_id=False, name_id_equality=False, same_country=False, next_of_kin=False,
    trc_purpose_required=True, prefixed_values=False, role_error_kept=False, several_of_a_kind=True,
    country_by_text=True, two_factor_contexts=words.TWO_FACTOR_CONTEXTS,
    binding_code=words.INSUFFICIENT_RIGHTS,
)
