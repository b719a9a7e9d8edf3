"""The kinds of faults: what each transformation is called, in which order, and what it understands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

Transform: TypeAlias = Literal[
    "read",
    "state",
    "swap",
    "xpath-set",
    "xpath-remove",
    "xpath-duplicate",
    "sign",
    "mime",
    "header",
    "delay",
    "close",
    "tls",
]

#: Kinds in the order in which they are applied.
STAGES: tuple[Transform, ...] = get_args(Transform)

#: Where a fault can show. ``document`` faults change the document itself, so its listed size stays right.
Step: TypeAlias = Literal["SMP", "ITI-55", "ITI-38", "ITI-39", "document"]

STEPS: tuple[Step, ...] = get_args(Step)

Parameter: TypeAlias = str | int | float | bool | dict[str, Any] | list[Any]

#: What a defect does to the patient if nobody notices.
Safety: TypeAlias = Literal["none", "delay", "wrong data shown", "data lost", "wrong patient", "privacy"]

#: What the validator says: ``pass`` is unusual but legal, and has to be borne.
Expected: TypeAlias = Literal["fail", "warn", "info", "pass", "manual"]

#: Every kind understands these: on every n-th call only; from the n-th call on; up to the n-th call; only on
#: a connection that lay idle for so many seconds; for certain requests only (``header`` or ``body`` or
#: ``path`` with ``matches`` or ``lacks``, regular expressions); only about
#: patients who are known; only about patients for whom the pack promises this behaviour; only to requests
#: that were turned away unread, for a reason that matches (the kind of error, ``http:405``); only after one
#: that was.
COMMON: Mapping[str, tuple[type, ...]] = {
    "every": (int,),
    "from_call": (int,),
    "until_call": (int,),
    "idle": (int, float),
    "when": (dict,),
    "known": (bool,),
    "behaviour": (str,),
    "refused": (str,),
    "woken": (bool,),
}

#: What byte edits understand, of whole answers and of base64 content.
_BYTES: Mapping[str, tuple[type, ...]] = {
    "operation": (str,),
    "text": (str,),
    "find": (str,),
    "by": (str,),
    "count": (int,),
    "encoding": (str,),
    "subset": (str,),
    "reference": (str,),
}

#: What each kind of transformation understands: parameter -> accepted types.
KNOWN_PARAMETERS: Mapping[str, Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        "read": _BYTES,
        "state": {
            "answer": (str,),
            "code": (str,),
            "text": (str,),
            "status": (str,),
            "quirk": (str,),
            "overlook": (list,),
            "clock": (int,),
            "reads": (list,),
        },
        "swap": {"what": (str,), "other": (str,), "path": (str,), "with": (str,)},
        "xpath-set": {
            "path": (str,),
            "value": (str,),
            "attribute": (str,),
            "markup": (str,),
            "place": (str,),
            "rename": (str,),
            "from": (str,),
            "function": (str,),
            "which": (str, int),
            "then": (list,),
            **_BYTES,
        },
        "xpath-remove": {"path": (str,), "which": (str, int), "then": (list,)},
        "xpath-duplicate": {"path": (str,), "which": (str, int), "times": (int,), "then": (list,)},
        "sign": {"signature": (str,), "action": (str,)},
        "mime": {**_BYTES, "content_type": (str,), "status": (int,)},
        "header": {"status": (int,), "set": (dict,), "edit": (dict,), "remove": (str,), "version": (str,)},
        "delay": {"seconds": (int, float), "drip": (int, float), "hang": (bool,)},
        "close": {"share": (int, float), "reset": (bool,), "stall": (bool,)},
        "tls": {
            "certificate": (str,),
            "client_certificate": (str,),
            "version": (str,),
            "ciphers": (str,),
            "sni": (str,),
            "overlook": (list,),
        },
    }
)
