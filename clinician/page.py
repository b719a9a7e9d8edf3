"""A web page as a person sees it: headings, sentences, fields with their labels, buttons, links, sections.

Parsed lazily with lxml's HTML parser; nothing here fetches anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from lxml import etree

from clinician.errors import NotOnPageError
from clinician.text import Node, one_line, plain, words_of

_CODE = re.compile(r"\bSES-\d{3}\b")

#: Kinds of controls into which a text is typed.
TEXT_KINDS = ("text", "search", "textarea", "password", "email", "tel")

Named = TypeVar("Named", "Field", "Button", "Link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One control of a form.

    Attributes
    ----------
    label : its words; for the parts of a group (radio buttons, the parts of a date) ``group`` is the legend.
    kind : ``text``, ``textarea``, ``select``, ``radio``, ``checkbox``, ``hidden``, ``search`` …
    value : as it stands; for radio buttons and boxes what is sent when chosen.
    options : of a select: (value, words).
    domain : what the country calls the trait (``data-domaine``), empty where the portal does not say.
    hint, error : the sentences that belong to it.
    seen : ``False`` in a part of the page that is hidden at the moment.
    """

    name: str
    kind: str
    label: str = ""
    group: str = ""
    value: str = ""
    checked: bool = False
    options: tuple[tuple[str, str], ...] = ()
    domain: str = ""
    hint: str = ""
    error: str = ""
    identifier: str = ""
    form: int = -1
    seen: bool = True

    @property
    def text(self) -> str:
        """The label."""
        return self.label

    def option(self, wanted: str) -> str:
        """The value of the option of a list that has this value, or these words.

        Raises
        ------
        NotOnPageError : the list does not offer it.
        """
        text = plain(wanted).lower()
        for fits in (lambda value, words: value == wanted, lambda value, words: words == text,
                     lambda value, words: words.startswith(text), lambda value, words: text in words):
            for value, words in self.options:
                if fits(value, plain(words).lower()):
                    return value
        raise NotOnPageError(f"« {self.label} » does not offer « {wanted} »")


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button with what it sends."""

    text: str
    name: str = ""
    value: str = ""
    action: str = ""
    method: str = ""
    form: int = -1
    identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link."""

    text: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where the fields of a form go."""

    action: str
    method: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the summary under a heading; ``rows`` are the texts of its table rows."""

    title: str
    text: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Something that was downloaded or opened beside the page."""

    status: int
    media_type: str
    name: str
    content: bytes = field(repr=False)


class Page:
    """A page that is shown.

    Parameters
    ----------
    address : its URL.
    status : HTTP status; 200 where a browser does not tell.
    content : HTML.
    headers : of the answer, names in lower case; empty where a browser does not tell.
    """

    def __init__(self, address: str, content: str, *, status: int = 200,
                 headers: Mapping[str, str] | None = None) -> None:
        self.address = address
        self.status = status
        self.content = content
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}

    def __repr__(self) -> str:
        return f"Page({self.heading!r}, {self.status})"

    # -- what is read ----------------------------------------------------------------------------------

    @cached_property
    def tree(self) -> Node:
        """The elements."""
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True)
        found: Node = etree.fromstring((self.content or "<html/>").encode(), parser)
        return found if found is not None else etree.Element("html")

    @cached_property
    def title(self) -> str:
        """Of the window."""
        return one_line("".join(self.tree.xpath("string(//title[1])")))

    @cached_property
    def heading(self) -> str:
        """The first h1."""
        found = self.tree.xpath("//h1")
        return words_of(found[0]) if found else ""

    @cached_property
    def text(self) -> str:
        """Everything to read, one line a block; closed dialogs and panels are not in it."""
        return words_of(self.tree, lines=True)

    @cached_property
    def flat(self) -> str:
        """``text`` in one line, with straight spaces and apostrophes: for looking something up."""
        return plain(self.text)

    @cached_property
    def everything(self) -> str:
        """As ``flat``, with what stands in closed panels as well."""
        return plain(words_of(self.tree, lines=True, closed=True))

    def says(self, sentence: str) -> bool:
        """Is this to be read on the page? Kinds of spaces and apostrophes do not matter."""
        return plain(sentence) in self.flat

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes ``SES-nnn`` in the order in which they stand there."""
        return tuple(dict.fromkeys(_CODE.findall(self.text)))

    @cached_property
    def alerts(self) -> tuple[str, ...]:
        """What assistive technology would announce at once: elements with role ``alert`` or ``status``."""
        found = self.tree.xpath("//*[@role='alert' or @role='status']")
        return tuple(text for one in found if (text := words_of(one)))

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """Sentences of the summary of errors at the top of a form."""
        found = self.tree.xpath("//*[@role='alert']//li/a[starts-with(@href,'#')]")
        return tuple(words_of(one) for one in found)

    @cached_property
    def waiting(self) -> bool:
        """Is this a page that asks to wait?"""
        return bool(self.tree.xpath("//*[@data-attente]"))

    # -- the summary -----------------------------------------------------------------------------------

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the summary in their order, each with its subsections."""
        found = self.tree.xpath("//section[contains(concat(' ', @class, ' '), ' rubrique ')]"
                                "[not(ancestor::section[contains(concat(' ', @class, ' '), ' rubrique ')])]")
        return tuple(_section(one) for one in found)

    def section(self, title: str) -> Section:
        """The section whose heading begins so.

        Raises
        ------
        NotOnPageError : there is none.
        """
        wanted = plain(title).lower()
        for one in self.sections:
            if plain(one.title).lower().startswith(wanted):
                return one
        raise NotOnPageError(
            f"no section « {title} »; there are {_listed(one.title for one in self.sections)}")

    def region(self, label: str) -> str:
        """Text of the landmark with this label or heading (« Patient », « Alertes », « Rubriques »)."""
        for one in self.tree.xpath("//section|//nav"):
            name = one.get("aria-label") or "".join(
                words_of(head) for head in self.tree.xpath("//*[@id=$i]", i=one.get("aria-labelledby", "")))
            if plain(name) == plain(label):
                return words_of(one, lines=True)
        raise NotOnPageError(f"no region « {label} » on « {self.heading} »")

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Every ``lang`` on the page, the page's own first."""
        return tuple(dict.fromkeys(self.tree.xpath("//@lang")))

    # -- what is used ----------------------------------------------------------------------------------

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """All forms."""
        return tuple(Form(action=one.get("action", ""), method=one.get("method", "get").lower(),
                          fields=tuple(self._fields(one, number)))
                     for number, one in enumerate(self.tree.iter("form")))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All visible controls."""
        return tuple(one for form in self.forms for one in form.fields if one.kind != "hidden")

    @cached_property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons of forms."""
        return tuple(
            Button(text=words_of(one), name=one.get("name", ""), value=one.get("value", ""), form=number,
                   action=one.get("formaction", ""), method=one.get("formmethod", "").lower(),
                   identifier=one.get("id", ""))
            for number, form in enumerate(self.tree.iter("form")) for one in form.iter("button")
            if one.get("type", "submit") == "submit")

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links to somewhere else than this page."""
        return tuple(Link(text=words_of(one), target=one.get("href")) for one in self.tree.xpath("//a[@href]")
                     if not one.get("href").startswith("#"))

    def field(self, label: str, *, group: str = "", kinds: tuple[str, ...] = ()) -> Field:
        """The control with this label; exact words win over a beginning, a beginning over a part.

        Parameters
        ----------
        group : only below a legend that holds these words.
        kinds : only controls of these kinds; any by default.

        Raises
        ------
        NotOnPageError : there is none.
        """
        among = [one for one in self.fields if (not group or plain(group) in plain(one.group))
                 and (not kinds or one.kind in kinds)]
        return self._pick("field", label, among)

    def button(self, text: str) -> Button:
        """The button with these words."""
        return self._pick("button", text, self.buttons)

    def link(self, text: str) -> Link:
        """The link with these words."""
        return self._pick("link", text, self.links)

    def has(self, text: str) -> bool:
        """Is there a field, button or link with exactly these words?"""
        wanted = plain(text)
        return any(plain(one) == wanted for one in self.offered)

    @cached_property
    def offered(self) -> tuple[str, ...]:
        """Words of everything that can be chosen, pressed or followed."""
        return (*(one.text for one in self.fields), *(one.text for one in self.buttons),
                *(one.text for one in self.links))

    def offers(self, text: str) -> bool:
        """Can something be chosen, pressed or followed whose words begin so?"""
        return any(plain(one).startswith(plain(text)) for one in self.offered)

    def _pick(self, what: str, text: str, among: Iterable[Named]) -> Named:
        named: list[tuple[str, Named]] = [(one.text, one) for one in among]
        wanted = plain(text).lower()
        for fits in (str.__eq__, str.startswith, str.__contains__):
            for words, one in named:
                if fits(plain(words).lower(), wanted):
                    return one
        raise NotOnPageError(
            f"no {what} « {text} » on the page « {self.heading} » ({self.status}); there are "
            f"{_listed([words for words, _ in named])}. The page says: {self.excerpt}")

    @property
    def excerpt(self) -> str:
        """The beginning of what the page says, for messages."""
        main = self.tree.xpath("//main")
        return one_line(words_of(main[0] if main else self.tree))[:400]

    def _fields(self, form: Node, number: int) -> Iterator[Field]:
        for one in form.iter("input", "select", "textarea"):
            kind = one.get("type", "text") if one.tag == "input" else str(one.tag)
            options = tuple((item.get("value", ""), one_line("".join(item.itertext())))
                            for item in one.iter("option"))
            described = self._described(one)
            yield Field(
                name=one.get("name", ""), kind=kind, label=self._label(one), group=_group(one),
                value=_value(one, kind), checked="checked" in one.attrib, options=options, form=number,
                identifier=one.get("id", ""), seen=not one.xpath("boolean(ancestor-or-self::*[@hidden])"),
                domain=one.get("data-domaine", "") or _inherited(one, "data-domaine"),
                hint=" ".join(text for name, text in described if not name.startswith("erreur")),
                error=" ".join(text for name, text in described if name.startswith("erreur")))

    @cached_property
    def _by_id(self) -> dict[str, Node]:
        return {one.get("id"): one for one in self.tree.xpath("//*[@id]")}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {one.get("for"): words_of(one) for one in self.tree.iter("label") if one.get("for")}

    def _label(self, control: Node) -> str:
        return self._labels.get(control.get("id", ""), "") or control.get("aria-label", "")

    def _described(self, control: Node) -> list[tuple[str, str]]:
        return [(name, words_of(self._by_id[name])) for name in control.get("aria-describedby", "").split()
                if name in self._by_id]


def _value(control: Node, kind: str) -> str:
    """What a control holds before anybody touches it."""
    if kind == "select":
        options = list(control.iter("option"))
        chosen = [one for one in options if "selected" in one.attrib] or options
        return str(chosen[0].get("value", "")) if chosen else ""
    if kind == "textarea":
        return "".join(control.itertext())
    return str(control.get("value", "on" if kind in ("checkbox", "radio") else ""))


def _group(control: Node) -> str:
    for parent in control.iterancestors("fieldset"):
        legend = parent.find("legend")
        if legend is not None:
            return words_of(legend)
    return ""


def _inherited(control: Node, name: str) -> str:
    for parent in control.iterancestors("fieldset"):
        if parent.get(name):
            return str(parent.get(name))
    return ""


def _section(element: Node) -> Section:
    heading = next((one for one in element if one.tag in ("h2", "h3")), None)
    rows = tuple(words_of(row) for row in element.iter("tr") if row.find("td") is not None)
    return Section(title=words_of(heading) if heading is not None else "",
                   text=words_of(element, lines=True), rows=rows)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"« {name} »" for name in names if name) or "none"
