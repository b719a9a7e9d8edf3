"""JUnit XML of an examination, as CI servers read it: one suite per chapter, one case per check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

#: What XML 1.0 cannot hold.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(data: Mapping[str, Any]) -> bytes:
    """The document; warnings pass, with their text in ``system-out``; waived findings are skipped cases."""
    root = etree.Element("testsuites", name=f"onboarding {data['country']}", time=f"{data['seconds']:.3f}")
    for chapter in data["chapters"]:
        results = [one for one in data["results"] if one["chapter"] == chapter["key"]]
        if results:
            _suite(root, chapter, results, data)
    content: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _suite(
    root: etree._Element,
    chapter: Mapping[str, Any],
    results: list[Mapping[str, Any]],
    data: Mapping[str, Any],
) -> None:
    failures = sum(one["verdict"] == "fail" and not one["waiver"] for one in results)
    skipped = sum(one["verdict"] in ("skip", "omit") or bool(one["waiver"]) for one in results)
    suite = etree.SubElement(
        root,
        "testsuite",
        name=chapter["title"],
        tests=str(len(results)),
        failures=str(failures),
        errors=str(sum(one["verdict"] == "error" for one in results)),
        skipped=str(skipped),
        time=f"{sum(one['seconds'] for one in results):.3f}",
        timestamp=data["started"][:19],
    )
    for one in results:
        case = etree.SubElement(
            suite,
            "testcase",
            classname=f"onboarding.{one['chapter']}",
            name=one["id"],
            time=f"{one['seconds']:.3f}",
        )
        _outcome(case, one)


def _outcome(case: etree._Element, one: Mapping[str, Any]) -> None:
    text = _legal(
        "\n".join(
            f"{seen['what']}\n  where: {seen['where']}\n  expected: {seen['expected']}\n  got: {seen['got']}"
            f"\n  clause: {seen['clause']}\n  do: {seen['hint']}"
            for seen in one["observations"]
        )
    )
    first = _legal(one["observations"][0]["what"] if one["observations"] else one["reason"])
    if one["waiver"]:
        etree.SubElement(case, "skipped", message=_legal(f"waived: {one['waiver']['reason']}"))
    elif one["verdict"] == "fail":
        etree.SubElement(case, "failure", message=first, type="fail").text = text
    elif one["verdict"] == "error":
        etree.SubElement(case, "error", message=first or "error", type="error").text = one["reason"]
    elif one["verdict"] in ("skip", "omit"):
        etree.SubElement(case, "skipped", message=_legal(one["reason"]))
    elif one["verdict"] == "warn":
        etree.SubElement(case, "system-out").text = f"warning: {text}"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
