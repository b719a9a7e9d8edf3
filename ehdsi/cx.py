"""Reading patient identifiers in HL7 v2 CX form: ``<extension>^^^&<root>&ISO``.

The TRC assertion, ITI-38 and the audit trail carry them so. Writing is ``Identifier.as_cx``.

Source: IHE ITI TF-3, table 4.2.3.1.7-2 (data type CX); eHDSI SAML profile, TRC assertion.
"""

from __future__ import annotations

import re

from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import MalformedMessage

_CX = re.compile(r"(?P<extension>[^\^&]+)\^\^\^(?:[^&^]*)&(?P<root>[0-9]+(?:\.[0-9]+)+)&ISO(?:\^.*)?")


def parse_cx(text: str) -> Identifier:
    """Read a CX value; quotes of a stored query slot must have been taken off.

    Raises
    ------
    MalformedMessage : another form; the message never repeats the identifier.
    """
    match = _CX.fullmatch(text.strip())
    if match is None:
        raise MalformedMessage("the patient identifier is not in CX form",
                               expected="<extension>^^^&<root OID>&ISO",
                               got=f"{len(text)} characters of another form", clause="IHE ITI TF-3 4.2.3.1.7",
                               hint="write '&' as &amp; in XML, and three carets before it")
    return Identifier(root=match["root"], extension=match["extension"])
