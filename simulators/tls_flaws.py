"""The TLS faults that are settings of a listener: versions, ciphers, the demand for a client certificate."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Mapping
from typing import Any

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for.
_ANY_TIME = 0x200000

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def loosen(context: ssl.SSLContext, wanted: Mapping[str, Any]) -> None:
    """Change a server's context as a ``tls`` fault asks for it.

    Parameters
    ----------
    wanted : ``version`` is the lowest one (1.0 to 1.3), ``ciphers`` an OpenSSL list for TLS 1.2 and below,
        ``client_certificate`` is ``optional`` or ``expired`` (any date will do), ``sni`` is ``required``.
    """
    if "version" in wanted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _VERSIONS[str(wanted["version"])]
        if wanted["version"] in ("1.0", "1.1"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if "ciphers" in wanted:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(str(wanted["ciphers"]))
    if wanted.get("client_certificate") == "optional":
        context.verify_mode = ssl.CERT_OPTIONAL
    if wanted.get("client_certificate") == "expired":
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _ANY_TIME)
    if wanted.get("sni") == "required":
        context.sni_callback = _name_wanted


def _name_wanted(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if name is None else None
