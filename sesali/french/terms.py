"""Which words a coded element is shown by, which marks it carries, and where it came from.

First hit wins: French designation · display name sent, where the element's own language is French · French of
the four-character ICD-10 code · English designation · display name sent · original text · the code itself.
Nothing is ever left empty: what cannot be named is said to be unrecognised, with its code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ehdsi.cda.datatypes import Coded
from ehdsi.terminology import BINDINGS, Terminology
from sesali.french.concepts import Known, concepts_of, normal
from sesali.french.view import Mark, Source, Term, Trace, Wording
from sesali.french.words import NOT_GIVEN, flavour

#: Order of languages asked of the terminology.
LANGUAGES: tuple[str, ...] = ("fr-FR", "fr", "en-GB", "en")

_UNTRANSLATED = "non traduit"
_LANGUAGE_NAMES = {"en": "anglais"}

#: Elements whose display name is the name of a product: it has no translation.
_NAMES = ("Product.code", "Package.code")


class Labeller:
    """Makes terms of one document: knows its language, the terminology and the order of languages."""

    def __init__(
        self, terminology: Terminology, language: str | None, languages: tuple[str, ...] = LANGUAGES
    ) -> None:
        self.terminology = terminology
        self.language = language or ""
        self.languages = languages
        self._normal: dict[str, str] = {}
        self._known: dict[tuple[int, str, str], tuple[Coded, Term]] = {}
        self._worded: dict[tuple[object, tuple[str, ...], bool], Term] = {}
        self._concepts = concepts_of(terminology, languages)

    def normal(self, text: str) -> str:
        """``normal``, remembered for this document only: the words of a patient outlive no page."""
        found = self._normal.get(text)
        if found is None:
            found = self._normal[text] = normal(text)
        return found

    def _concept(self, coded: Coded) -> Known:
        return self._concepts.of(coded.code_system, coded.code)

    def term(self, coded: Coded | None, *, at: str = "", style: str = "") -> Term:
        """The term for a coded element; ``at`` is ``Class.field``, which its value sets hang on."""
        if coded is None:
            return Term(text=NOT_GIVEN, source="flavour", style="absent")
        key = (id(coded), at, style)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (coded, self._placed(coded, at, style))
        return known[1]

    def free(self, text: str, *, style: str = "", path: str = "", line: int = 0, mark: bool = True) -> Term:
        """A term for free text of the document, in its language and marked unless that is French."""
        if self.language.startswith("fr"):
            return Term(text=text, style=style, source="french", lang=self.language)
        marks = (Mark(kind="untranslated", text="texte libre, non traduit"),) if mark else ()
        return Term(
            text=text,
            lang=self.language,
            marks=marks,
            source="free",
            style=style,
            trace=Trace(path=path, line=line),
        )

    def _placed(self, coded: Coded, at: str, style: str) -> Term:
        """The term of a concept, worded once for a document; place and look differ from one to the next."""
        key = (_said(coded), _value_sets(at), at in _NAMES)
        found = self._worded.get(key)
        if found is None:
            found = self._worded[key] = self._make(coded, at)
            if not style:
                return found
        trace, origin = found.trace, coded.origin
        if trace is not None and origin is not None:
            trace = Trace(wordings=trace.wordings, source=trace.source, path=origin.path, line=origin.line)
        return Term(
            text=found.text,
            lang=found.lang,
            original=found.original,
            original_lang=found.original_lang,
            marks=found.marks,
            source=found.source,
            style=style or found.style,
            trace=trace,
        )

    # -- choice --------------------------------------------------------------------------------------
    def _make(self, coded: Coded, at: str) -> Term:
        if not coded.code:
            return self._without_code(coded)
        text, lang, source, marks, worded_by = self._choose(coded, at)
        marks += self._marks(coded, at, source)
        original, original_lang = self._original(coded)
        french = self._concept(coded).french
        folded = french[2] if french is not None and source == "french" else self.normal(text)
        if self.normal(original) == folded:
            original = ""
        return Term(
            text=text,
            lang=lang,
            original=original,
            original_lang=original_lang if original else "",
            marks=marks,
            source=source,
            trace=self._trace(coded, worded_by),
        )

    def _choose(self, coded: Coded, at: str) -> tuple[str, str, Source, tuple[Mark, ...], str]:
        """Text, its language, how it was found, the marks of that, who worded it."""
        french = self._concept(coded).french
        if french is not None:
            return french[0], "fr", "french", (), french[1]
        store, system, code = self.terminology, coded.code_system, coded.code
        if self.language.startswith("fr") and coded.display_name:
            return coded.display_name, self.language, "sent", (), "libellé du document"
        shorter = store.less_specific(system, code)
        wording = store.designation(system, shorter, "fr-FR") if shorter else None
        if wording is not None:
            mark = Mark(kind="general", text="libellé plus général")
            return wording.text, "fr", "general", (mark,), store.source_text(wording.source)
        for language in self.languages:
            wording = store.designation(system, code, language)
            if wording is not None:
                return (
                    wording.text,
                    wording.language,
                    "english",
                    (_untranslated("en"),),
                    store.source_text(wording.source),
                )
        return self._as_sent(coded, at)

    def _as_sent(self, coded: Coded, at: str) -> tuple[str, str, Source, tuple[Mark, ...], str]:
        """The words of the document, or the code where it has none."""
        if coded.display_name:
            lang = self._sent_language(coded)
            if at in _NAMES:
                return coded.display_name, lang, "sent", (), "nom du document"
            return coded.display_name, lang, "original", (_untranslated(lang),), "libellé du document"
        text = coded.original_text or next(
            (
                w.display_name or w.original_text or ""
                for w in _below(coded)
                if w.display_name or w.original_text
            ),
            "",
        )
        if text:
            return text, self.language, "original", (_untranslated(self.language),), "texte du document"
        system = self._concept(coded).system or coded.code_system_name or coded.code_system
        words = f"Élément non reconnu : code {coded.code}" + (f" ({system})" if system else "")
        return words, "fr", "code", (Mark(kind="unknown", text=_UNTRANSLATED),), ""

    def _sent_language(self, coded: Coded) -> str:
        """Language of a display name as sent: English in a pivot element, else the document's own."""
        if coded.translations and any(w.display_name for w in _below(coded)):
            return "en"  # of a pivot
        return "en" if self._is_english(coded, coded.display_name or "") else self.language

    def _is_english(self, coded: Coded, text: str) -> bool:
        """Whether a text is the terminology's English name of a code, as it is or but for its spelling."""
        known = self._concept(coded)
        return bool(known.english) and (text == known.english or self.normal(text) == known.folded)

    def _without_code(self, coded: Coded) -> Term:
        """A null flavour with national words, free text without a code, or nothing but a flavour."""
        national = next((w for w in _below(coded) if w.display_name or w.original_text), None)
        text = coded.display_name or (national and (national.display_name or national.original_text))
        if text:
            translated = self._national_french(coded)
            marks: tuple[Mark, ...] = (_untranslated(self.language),)
            if coded.null_flavor:
                marks = (Mark(kind="unmapped", text="concept national sans équivalence sûre"), *marks)
            if translated is not None:
                return Term(
                    text=translated[0],
                    original=text,
                    original_lang=self.language,
                    marks=marks[:1],
                    source="french",
                    trace=self._trace(coded, translated[1]),
                )
            return Term(
                text=text,
                lang=self.language,
                marks=marks,
                source="original",
                trace=self._trace(coded, "texte du document"),
            )
        if coded.original_text:
            return self._free_text(coded, coded.original_text)
        words = flavour(coded.null_flavor)
        return Term(text=words, source="flavour", style="absent", trace=self._trace(coded, ""))

    def _free_text(self, coded: Coded, text: str) -> Term:
        french = self.language.startswith("fr")
        marks = () if french else (Mark(kind="untranslated", text="texte libre, non traduit"),)
        return Term(
            text=text,
            lang=self.language,
            marks=marks,
            source="sent" if french else "free",
            trace=self._trace(coded, "texte du document"),
        )

    def _national_french(self, coded: Coded) -> tuple[str, str] | None:
        """A French designation of a concept that stands only in a translation (other system, no mapping)."""
        for below in _below(coded):
            wording = self.terminology.designation(below.code_system, below.code, "fr-FR")
            if wording is not None and below.code_system:
                return wording.text, self.terminology.source_text(wording.source)
        return None

    # -- original and marks --------------------------------------------------------------------------
    def _original(self, coded: Coded) -> tuple[str, str]:
        """The original words and their language: the deepest translation, the original text, what was
        sent.
        """
        named = [w for w in _below(coded) if w.display_name]
        if named:
            deepest = named[-1]
            text = deepest.display_name or ""
            return text, "en" if self._is_english(deepest, text) else self.language
        if coded.original_text:
            return coded.original_text, self.language
        if coded.display_name:
            return coded.display_name, self._sent_language(coded)
        return "", ""

    def _marks(self, coded: Coded, at: str, source: Source) -> tuple[Mark, ...]:
        marks: list[Mark] = []
        concept = self._concept(coded)
        if concept.stored and (
            concept.status != "current"
            or self._concepts.outside(coded.code_system, coded.code, _value_sets(at))
        ):
            marks.append(Mark(kind="retired", text=self._retired(concept.replaced_by)))
        if coded.null_flavor:
            marks.append(
                Mark(kind="unmapped", text=f"valeur déclarée absente : {flavour(coded.null_flavor)}")
            )
        if source in ("french", "general") and self._discordant(coded):
            marks.append(Mark(kind="discordant", text="libellé discordant"))
        return tuple(marks)

    def _retired(self, replaced_by: str) -> str:
        version = f" (MVC {self.terminology.version})" if self.terminology.version else ""
        hint = f", code de remplacement : {replaced_by}" if replaced_by else ""
        return f"code retiré du catalogue{version}{hint}"

    def _discordant(self, coded: Coded) -> bool:
        """Whether the name sent contradicts the store's names of that code.

        A name of a national document in its own language cannot be compared and is no contradiction: it is
        shown as the original anyway.
        """
        name = coded.display_name or ""
        if not name or self._is_english(coded, name):
            return False
        sent = self.normal(name)
        if not sent:
            return False
        wordings = self.terminology.wordings(coded.code_system, coded.code)
        if not any(w.language.startswith("en") for w in wordings):
            return False
        if any(_agrees(sent, self.normal(w.text)) for w in wordings):
            return False
        return self.language.startswith("en") or any(w.display_name for w in _below(coded))

    # -- trace ---------------------------------------------------------------------------------------
    def _trace(self, coded: Coded, source: str) -> Trace:
        wordings = [self._wording("reçu", coded, coded.display_name or "")]
        if coded.original_text:
            wordings.append(Wording(label="texte d’origine", text=coded.original_text, lang=self.language))
        wordings += [
            self._wording("traduction", below, below.display_name or below.original_text or "")
            for below in _below(coded)
        ]
        english = self._concept(coded).english
        if english and not any(self._is_english(coded, w.text) for w in wordings):
            wordings.append(Wording(label="anglais", text=english, lang="en"))
        origin = coded.origin
        return Trace(
            wordings=tuple(w for w in wordings if w.text or w.code),
            source=source,
            path=origin.path if origin else "",
            line=origin.line if origin else 0,
        )

    def _wording(self, label: str, coded: Coded, text: str) -> Wording:
        system = self._concept(coded).system or coded.code_system_name or ""
        lang = self._sent_language(coded) if text else ""
        return Wording(
            label=label, text=text, lang=lang, code=coded.code or "", system=system or coded.code_system or ""
        )


@cache
def _value_sets(at: str) -> tuple[str, ...]:
    """The value sets of a place of the model, ``Class.field``; none where nothing is bound."""
    owner, _, name = at.partition(".")
    binding = BINDINGS.get((owner, name))
    return binding.value_sets if binding is not None else ()


def _said(coded: Coded) -> tuple[object, ...]:
    """All of a coded element that its words depend on: not where it stood, nor its qualifiers."""
    return (
        coded.code,
        coded.code_system,
        coded.display_name,
        coded.null_flavor,
        coded.original_text,
        coded.code_system_name,
        coded.origin is None,
        tuple([_said(one) for one in coded.translations]) if coded.translations else (),
    )


def _below(coded: Coded) -> Iterator[Coded]:
    """All translations, outer before inner, in document order."""
    for translation in coded.translations:
        yield translation
        yield from _below(translation)


def _untranslated(language: str) -> Mark:
    name = _LANGUAGE_NAMES.get(language.split("-", 1)[0])
    return Mark(kind="untranslated", text=f"{_UNTRANSLATED}, {name}" if name else _UNTRANSLATED)


def _agrees(sent: str, stored: str) -> bool:
    """Same words in any order and number: drift between versions of the catalogue, no contradiction."""
    return sent == stored or {w.rstrip("s") for w in sent.split()} == {w.rstrip("s") for w in stored.split()}
