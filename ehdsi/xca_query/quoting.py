"""The SQL-like literals in which stored-query parameters are written: ``'one'`` and ``('one','two')``.

Source: IHE ITI TF-2 3.18.4.1.2.3.5 (coding of single and multiple values).
"""

from __future__ import annotations

from ehdsi.cda.datatypes import Coded


def quote(value: str) -> str:
    """``'value'`` with quotes inside doubled."""
    return "'" + value.replace("'", "''") + "'"


def quote_list(values: tuple[str, ...]) -> str:
    """``('one','two')``."""
    return "(" + ",".join(quote(value) for value in values) + ")"


def unquote(text: str) -> str | None:
    """The value of one literal, ``None`` when the text is not one quoted literal."""
    text = text.strip()
    if len(text) < 2 or not (text.startswith("'") and text.endswith("'")):
        return None
    inner = text[1:-1]
    return None if "'" in inner.replace("''", "") else inner.replace("''", "'")


def unquote_list(texts: tuple[str, ...]) -> tuple[str, ...] | None:
    """The values of a list parameter: of one or several ``rim:Value``, each a list of literals.

    Raises nothing; gives ``None`` when a text is not of that form.
    """
    values: list[str] = []
    for text in texts:
        stripped = text.strip()
        if stripped.startswith("(") != stripped.endswith(")"):
            return None
        found = _literals(stripped.removeprefix("(").removesuffix(")"))
        if found is None:
            return None
        values.extend(found)
    return tuple(values)


def _literals(text: str) -> list[str] | None:
    """Literals between commas; a comma inside quotes belongs to its literal."""
    values: list[str] = []
    start = 0
    quotes = 0
    for position, character in enumerate(text + ","):
        quotes += character == "'"
        if character == "," and quotes % 2 == 0:
            value = unquote(text[start:position])
            if value is None:
                return None
            values.append(value)
            start = position + 1
    return values if quotes % 2 == 0 else None


def write_code(code: Coded) -> str:
    """``code^^system`` of a class code."""
    return f"{code.code or ''}^^{code.code_system or ''}"


def read_codes(literals: tuple[str, ...]) -> tuple[Coded, ...]:
    """Class codes of ``code^^system`` literals.

    One literal may hold several codes with commas between them, as the reference implementation writes it.
    """
    texts = [part.strip() for literal in literals for part in literal.split(",")]
    return tuple(_code(text) for text in texts if text)


def _code(text: str) -> Coded:
    code, _, system = text.partition("^^")
    return Coded(code=code or None, code_system=system or None)
