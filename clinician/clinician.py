"""What a clinician does at a portal, whichever way the pages are fetched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from clinician.actions import Observer, nobody, observed
from clinician.errors import ClinicianError
from clinician.page import Field, File, Page, Section
from clinician.text import plain

Given = ParamSpec("Given")
Result = TypeVar("Result")
Self = TypeVar("Self", bound="Clinician")

#: Words of the date parts, and where they stand in ``yyyyMMdd``.
_DATE_PARTS = {"Jour": slice(6, 8), "Mois": slice(4, 6), "Année": slice(0, 4)}
_SEX_WORDS = {"F": "Féminin", "M": "Masculin", "UN": "Indifférencié"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What the patient has brought: numbers by domain (or by the label of the field), birth date, sex.

    ``birth_date`` is ``yyyyMMdd``, ``gender`` one of F, M, UN; empty when the papers do not say.
    ``others`` holds further traits by the name that the country gives them (``familyName`` …).
    """

    identifiers: Mapping[str, str] = field(repr=False)
    birth_date: str = field(default="", repr=False)
    gender: str = ""
    others: Mapping[str, str] = field(default_factory=dict, repr=False)

    def value_for(self, asked: Field) -> str:
        """What to type into a field; empty when the papers hold nothing for it."""
        held = {**self.others, **self.identifiers}
        return held.get(asked.domain, "") or held.get(asked.label, "")


def _acting(method: Callable[Concatenate[Self, Given], Result]) -> Callable[Concatenate[Self, Given], Result]:
    """Tell the observer what is done, how long it took and where it led; only the outermost action counts."""
    def told(self: Self, /, *args: Given.args, **given: Given.kwargs) -> Result:
        if self.acting:
            return method(self, *args, **given)
        self.acting = method.__name__
        try:
            with observed(method.__name__, self.observer, lambda: self.page_or_none):
                return method(self, *args, **given)
        finally:
            self.acting = ""

    told.__name__, told.__doc__ = method.__name__, method.__doc__
    return told


class Clinician(ABC):
    """A person in front of a portal.

    Parameters
    ----------
    portal : base URL, without a slash at the end.
    observer : is told about every action.
    """

    def __init__(self, portal: str, *, observer: Observer = nobody) -> None:
        self.portal = portal.rstrip("/")
        self.observer = observer
        #: Addresses that were gone through, in order, redirects among them.
        self.visited: list[str] = []
        #: Name of the action that is under way.
        self.acting = ""

    # -- hands and eyes: what a driver brings ----------------------------------------------------------

    @property
    @abstractmethod
    def page_or_none(self) -> Page | None:
        """What is shown, ``None`` before the first page."""

    @abstractmethod
    def visit(self, address: str) -> Page:
        """Type an address, or a path of the portal, into the browser."""

    @abstractmethod
    def follow(self, text: str) -> Page:
        """Click the link with these words."""

    @abstractmethod
    def press(self, text: str, *, wait: bool = True) -> Page:
        """Press the button with these words; ``wait`` stays until a waiting page leads somewhere."""

    @abstractmethod
    def enter(self, label: str, text: str, *, group: str = "") -> None:
        """Put a text into the field with this label, instead of what stands there."""

    @abstractmethod
    def choose(self, label: str, *, group: str = "") -> None:
        """Choose the radio button with this label."""

    @abstractmethod
    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box, or take the tick away."""

    @abstractmethod
    def select(self, label: str, option: str) -> None:
        """Choose from a list the option whose words, or whose value, are these."""

    @abstractmethod
    def fetch(self, link: str) -> File:
        """Open or download the file behind a link; the page stays."""

    @abstractmethod
    def open_beside(self, button: str) -> Page:
        """Press a button that opens another tab; returns what stands in that tab, the page stays."""

    @abstractmethod
    def press_twice(self, text: str) -> Page:
        """Press a button twice in haste; what is shown is the answer to the second time."""

    @abstractmethod
    def back(self) -> Page:
        """The back button of the browser."""

    @abstractmethod
    def wait(self) -> Page:
        """Stay on a waiting page until it leads somewhere."""

    @abstractmethod
    def cookies(self) -> dict[str, str]:
        """What the browser keeps for the portal, by name."""

    @abstractmethod
    def close(self) -> None:
        """Close the browser. Closing twice is harmless."""

    @staticmethod
    def same(text: str) -> str:
        """A text without what typography alone decides, for comparison."""
        return plain(text).lower()

    def screenshot(self) -> bytes:
        """What the screen shows (PNG); empty where there is no screen."""
        return b""

    @property
    def page(self) -> Page:
        """What is shown.

        Raises
        ------
        ClinicianError : no page was opened yet.
        """
        found = self.page_or_none
        if found is None:
            raise ClinicianError("no page was opened yet")
        return found

    # -- the journey -----------------------------------------------------------------------------------

    @_acting
    def open(self) -> Page:
        """The home page."""
        return self.visit("/")

    @_acting
    def go_to_login(self) -> Page:
        """From the home page to the choice of an identity."""
        self.visit("/")
        return self.follow("S’identifier")

    @_acting
    def pick_identity(self, identity: str) -> Page:
        """On the page of identities: be this person."""
        self.choose(identity)
        return self.press("S’identifier")

    @_acting
    def log_in(self, identity: str) -> Page:
        """From the home page into the portal: identity, and the information about recorded accesses.

        Ends at the choice of the activity, at the choice of the country, or where the portal refuses.
        """
        self.go_to_login()
        if any(one.kind == "radio" and one.name == "identite" for one in self.page.fields):
            self.pick_identity(identity)
        if self.page.has("J’ai lu cette information."):
            self.accept_terms()
        return self.page

    @_acting
    def accept_terms(self) -> Page:
        """The information about recorded accesses was read."""
        self.tick("J’ai lu cette information")
        return self.press("Continuer")

    @_acting
    def choose_activity(self, place: str = "") -> Page:
        """Work here today; the first activity when no place is named, nothing when there is no choice."""
        offered = [one for one in self.page.fields if one.name == "activite"]
        if offered:
            self.choose(place or offered[0].label)
            self.press("Continuer")
        return self.page

    @_acting
    def choose_country(self, country: str) -> Page:
        """The patient is insured there; the country's French name."""
        if not any(one.name == "pays" for one in self.page.fields):
            self.visit("/pays")
        self.choose(country)
        return self.press("Continuer")

    @property
    def identity_form(self) -> tuple[Field, ...]:
        """The fields for the patient's identity, in order."""
        return tuple(one for one in self.page.fields if one.name.startswith(("champ-", "choix-")))

    @_acting
    def fill_in(self, papers: Papers, *, alternative: str = "") -> None:
        """Copy the papers into what can be seen of the identity form.

        Parameters
        ----------
        alternative : where an identity may be given in several ways, the one with this label; the first that
            the papers fit by default.
        """
        self._choose_alternative(papers, alternative)
        for asked in self.identity_form:
            if not asked.seen:
                continue
            if asked.label in _DATE_PARTS and papers.birth_date:
                self.enter(asked.label, papers.birth_date[_DATE_PARTS[asked.label]], group=asked.group)
            elif asked.kind == "radio" and not asked.name.startswith("choix-"):
                if _SEX_WORDS.get(papers.gender) == asked.label:
                    self.choose(asked.label, group=asked.group)
            elif asked.kind == "text" and papers.value_for(asked):
                self.enter(asked.label, papers.value_for(asked))

    def _choose_alternative(self, papers: Papers, wanted: str) -> None:
        """The way of this name, or the first for which the papers hold everything."""
        if wanted:
            self.choose(wanted)
            return
        groups: dict[str, list[Field]] = {}
        current = ""
        for asked in self.identity_form:
            if asked.name.startswith("choix-"):
                current = asked.identifier
                groups[current] = [asked]
            elif current and asked.group == groups[current][0].group:
                groups[current].append(asked)
        for radio, *inputs in groups.values():
            if inputs and all(papers.value_for(one) for one in inputs):
                self.choose(radio.label, group=radio.group)
                return

    @_acting
    def search(self) -> Page:
        """Send the identity form."""
        return self.press("Rechercher le patient")

    @_acting
    def identify(self, papers: Papers) -> Page:
        """Fill in the identity form and send it."""
        self.fill_in(papers)
        return self.search()

    @_acting
    def confirm_identity(self, *, despite_death: bool = False) -> Page:
        """It is this person, seen beside a document with a photograph."""
        if despite_death:
            self.tick("Je poursuis malgré ce signalement")
        self.tick("J’ai vu une pièce d’identité")
        return self.press("Confirmer l’identité")

    @_acting
    def reject_identity(self) -> Page:
        """It is somebody else."""
        return self.press("Ce n’est pas cette personne")

    @_acting
    def open_notice(self, language: str = "") -> Page:
        """Open the notice for the patient in a tab of its own; the language that stands there by default."""
        if language:
            self.select("Langue de la notice", language)
        return self.open_beside("Ouvrir la notice")

    def _answer(self, *, agrees: bool) -> None:
        """Choose the patient's answer, however the question is put."""
        offered = [one for one in self.page.fields if one.name == "accord"]
        wanted = "oui" if agrees else "non"
        found = next((one for one in offered if one.value == wanted), None)
        self.choose(found.label if found else wanted.capitalize(), group=found.group if found else "")

    @_acting
    def accept_notice(self, *, language: str = "", representative: str = "") -> Page:
        """The notice was handed over, the patient (or a representative) agrees: open the summary."""
        if language:
            self.select("Langue de la notice", language)
        self.tick("J’ai remis ou lu la notice")
        self._answer(agrees=True)
        if representative:
            self.choose("un représentant légal")
            self.enter("Nom du représentant légal", representative)
        return self.press("Ouvrir la synthèse")

    @_acting
    def refuse(self) -> Page:
        """The patient does not want it."""
        self._answer(agrees=False)
        return self.press("Ouvrir la synthèse")

    @_acting
    def choose_summary(self, number: int = 1) -> Page:
        """Of several summaries the one at this place of the list."""
        offered = [one for one in self.page.fields if one.name == "synthese"]
        if not 1 <= number <= len(offered):
            raise ClinicianError(f"{len(offered)} summaries are offered, there is no number {number}")
        self.choose(offered[number - 1].label)
        return self.press("Ouvrir la synthèse")

    @_acting
    def open_summary(self, *, language: str = "", representative: str = "") -> Page:
        """Agreement and, where there are several summaries, the first of the list."""
        self.accept_notice(language=language, representative=representative)
        if any(one.name == "synthese" for one in self.page.fields):
            self.choose_summary()
        return self.page

    @_acting
    def patient_summary(self, country: str, papers: Papers) -> Page:
        """The whole way from the list of countries to the summary, as far as the portal lets it go."""
        steps: tuple[tuple[str, Callable[[], Page]], ...] = (
            ("Rechercher le patient", lambda: self.identify(papers)),
            ("Confirmer l’identité", self.confirm_identity), ("Ouvrir la synthèse", self.open_summary))
        self.choose_country(country)
        for button, step in steps:
            if not self.page.has(button):
                return self.page
            step()
        return self.page

    @_acting
    def show(self, view: str) -> Page:
        """Another view of the summary: « Français et original », « Français », « Original »."""
        self.choose(view)
        return self.press("Afficher")

    def section(self, title: str) -> Section:
        """A section of the summary."""
        return self.page.section(title)

    @_acting
    def original_pdf(self) -> File:
        """The document as the country laid it out."""
        return self.fetch("Ouvrir l’original")

    @_acting
    def original_xml(self) -> File:
        """The structured document as received."""
        return self.fetch("Original XML")

    @_acting
    def french_xml(self) -> File:
        """The structured document with French designations."""
        return self.fetch("Version française XML")

    @_acting
    def finish(self) -> Page:
        """The end of this consultation."""
        return self.press("Terminer")

    @_acting
    def log_out(self) -> Page:
        """The end of the session."""
        return self.press("Se déconnecter")

    # -- life ------------------------------------------------------------------------------------------

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
