"""The portal over HTTPS, with Pro Santé Connect, foreign countries and audit repository behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinician import HttpClinician
from ehdsi.errors import LocalError
from ncpeh.portal_journey import papers_of, walk_portal
from ncpeh.portal_world import PortalWorld
from ncpeh.settings import usual_persona
from sesali.documents import Listing
from sesali.notice import ITEMS, LANGUAGES
from sesali.professional import Treatment
from simulators.faults import Fault
from tests.component.portal_visit import BO, MovingClock, Visitor, portal, unpicked

COUNTRIES = ["HR", "EE", "LU", "MT", "PT", "CZ", "ES"]


@pytest.fixture(scope="module")
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, clock: MovingClock) -> Iterator[PortalWorld]:
    with portal(tmp_path_factory.mktemp("portal"), COUNTRIES, clock=clock,
                portal={"grace": 0.3, "searches": 10_000}) as everything:
        yield everything


@pytest.fixture
def everything(whole: PortalWorld) -> Iterator[PortalWorld]:
    yield whole
    whole.world.reset()
    whole.psc.reset()


@pytest.fixture
def visitor(everything: PortalWorld) -> Iterator[Visitor]:
    opened = Visitor(everything)
    yield opened
    opened.close()


@pytest.mark.smoke
@pytest.mark.parametrize("code", COUNTRIES)
def test_each_country_from_login_to_logout(everything: PortalWorld, code: str) -> None:
    """The whole journey: summary in French, original PDF beside it, logout at Pro Santé Connect as well."""
    persona = usual_persona(everything.world.countries[code])
    with HttpClinician(everything.url, ca=everything.ca) as doctor:
        walk = walk_portal(doctor, code, everything.world.countries[code].names.fr, papers_of(persona))
    assert walk.ok, walk.heading
    assert walk.sections >= 5
    assert walk.pdf.startswith(b"%PDF")
    assert b"ClinicalDocument" in walk.xml
    assert 'aria-label="Patient"' in walk.page


@pytest.mark.parametrize(("key", "code", "heading"), [
    ("HR-5", "SES-072", "Le pays n’autorise pas cette consultation"),
    ("LU-5", "SES-072", "Le pays n’autorise pas cette consultation"),
    ("EE-4", "SES-070", "Le pays n’autorise pas cette consultation"),
    ("ES-4", "SES-073", "Aucune synthèse disponible"),
    ("MT-5B", "SES-085", "Document non vérifié"),
])
def test_a_country_that_says_no_has_its_page(visitor: Visitor, key: str, code: str, heading: str) -> None:
    """Each refusal has its own heading and code, two ways on and a reference, and names nobody."""
    visitor.enter_as().read(key)
    assert str(visitor.here.url).endswith("/arret")
    persona = visitor.everything.world.countries[key[:2]].persona(key)
    assert visitor.page.heading == heading
    assert visitor.page.codes[-1] == code
    assert visitor.text.count('class="suites"') == 1
    assert "Choisir un autre pays" in visitor.text
    assert "Terminer" in visitor.text
    assert persona.name.family[0] not in visitor.text
    assert (persona.identifiers[0].extension or "-") not in visitor.text


@pytest.mark.parametrize(("typed", "code"), [("999999999", "SES-060")])
def test_nobody_found_stays_on_the_form(visitor: Visitor, typed: str, code: str) -> None:
    """No match: the form again, with what was typed, what to check and what else to do."""
    visitor.enter_as().choose_code("PT")
    visitor.send("/identite", {"champ-1": typed})
    assert str(visitor.here.url).endswith("/identite")
    assert code in visitor.page.codes
    assert f'value="{typed}"' in visitor.text
    assert "Que faire" in visitor.text


def test_several_people_are_never_listed(visitor: Visitor) -> None:
    """Twins: neither of them is named."""
    visitor.enter_as().look_for("ES-5")
    assert "SES-061" in visitor.page.codes
    twin = visitor.everything.world.countries["ES"].persona("ES-5")
    assert twin.name.family[0] not in visitor.text


def test_errors_of_the_form_stand_on_top_and_at_the_field(visitor: Visitor) -> None:
    """A wrong number: 422, a summary that links to the field, the same words there, the title says so."""
    visitor.enter_as().choose_code("PT")
    visitor.send("/identite", {"champ-1": "99 900"})
    assert visitor.here.status_code == 422
    assert visitor.text.count("9\u00a0chiffres attendus, 5 saisis") == 2
    assert 'href="#champ-1"' in visitor.text
    assert "<title>Erreur : Identité du patient" in visitor.text
    assert 'value="99 900"' in visitor.text
    assert not visitor.everything.world.ncp("PT").received


def test_deceased_person_needs_a_second_tick(visitor: Visitor) -> None:
    """A death that the country declares is said first, must be acknowledged, and stays in the banner."""
    visitor.enter_as().look_for("HR-4")
    assert visitor.text.index("décédée") < visitor.text.index("<h1>")
    visitor.send("/verification", {"vu": "1"})
    assert visitor.here.status_code == 422
    visitor.send("/verification", {"vu": "1", "malgre": "1"})
    assert "bandeau decede" in visitor.text


def test_minor_may_be_represented(visitor: Visitor) -> None:
    """For a minor the page asks who answers; a representative has a name."""
    visitor.enter_as().confirm("HR-2")
    assert "représentant légal" in visitor.text
    visitor.send("/accord", {"langue": "hr", "remise": "1", "accord": "oui", "par": "representant"})
    assert visitor.here.status_code == 422
    assert "Saisissez le nom du représentant légal" in visitor.text


def test_verification_must_be_ticked_and_can_be_refused(visitor: Visitor) -> None:
    """Without the tick nothing goes on; another person means an empty form and nothing kept."""
    visitor.enter_as().look_for("PT-1")
    visitor.send("/verification", {})
    assert visitor.here.status_code == 422
    visitor.send("/rejet", {})
    assert "SES-064" in visitor.page.codes
    assert visitor.values("/identite")["champ-1"] == ""
    assert visitor.get(f"/patient/{visitor.key}/accord").status_code == 403


def test_patient_refuses_and_nothing_is_asked(visitor: Visitor) -> None:
    """« Non » ends it: SES-091, no list and no document were asked for, the audit trail knows."""
    visitor.enter_as().read("PT-1", accord="non")
    assert visitor.page.codes[-1] == "SES-091"
    steps = [one.step for one in visitor.everything.world.ncp("PT").received]
    assert steps == ["ITI-55"]
    trail = visitor.everything.gateway.trail
    assert trail is not None
    assert trail.outbox.events()[-1] == "PIN-deny"


def test_presented_and_agreed_are_asked_separately(visitor: Visitor) -> None:
    """Agreement without the notice is refused (SES-090), the notice without an answer as well."""
    visitor.enter_as().confirm("PT-1")
    visitor.send("/accord", {"langue": "pt", "accord": "oui"})
    assert "Présentez la notice" in visitor.text
    visitor.send("/accord", {"langue": "pt", "remise": "1"})
    assert "Indiquez la réponse du patient" in visitor.text
    visitor.send("/accord", {"langue": "pt", "accord": "oui", "motif": "urgence", "raison": "x" * 30})
    assert "Motivez l’accès en urgence" in visitor.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_notice_speaks_every_language(visitor: Visitor, language: str) -> None:
    """Each notice has its language, all fifteen items, its version, and nothing of a patient."""
    answer = visitor.client.get(f"{visitor.everything.url}/notice/{language}")
    assert f'<html lang="{language}">' in answer.text
    assert all(f'<section id="{item}">' in answer.text for item in ITEMS)
    assert "2026-11" in answer.text


def test_notice_in_another_language_is_not_found(visitor: Visitor) -> None:
    """A language without a notice: SES-092, with a way back."""
    visitor.get("/notice/tlh")
    assert visitor.here.status_code == 404
    assert visitor.page.codes == ("SES-092",)


def test_notice_of_the_patient_is_recorded(visitor: Visitor) -> None:
    """The patient's own language is offered first; opening the notice is an event."""
    visitor.enter_as().confirm("EE-1")
    assert visitor.text.index('value="et"') < visitor.text.index('value="fr"')
    visitor.client.get(f"{visitor.everything.url}/patient/{visitor.key}/notice?langue=et")
    trail = visitor.everything.gateway.trail
    assert trail is not None
    assert trail.outbox.events()[-1] == "PIN-display"


def test_events_of_a_journey_arrive_at_the_repository(visitor: Visitor) -> None:
    """Login, identification, agreement, treatment, list, both levels, translation: in this order."""
    trail = visitor.everything.gateway.trail
    assert trail is not None
    before = len(trail.outbox.events())
    visitor.enter_as().read("LU-1")
    assert trail.outbox.events()[before:] == (
        "EHDSI-91", "EHDSI-11", "PIN-ack", "EHDSI-92", "EHDSI-21", "EHDSI-22", "EHDSI-22", "EHDSI-94")


@pytest.mark.parametrize("name", ["original.pdf", "original.xml", "francais.xml"])
def test_a_copy_that_leaves_is_recorded_first(visitor: Visitor, monkeypatch: pytest.MonkeyPatch, name: str
                                              ) -> None:
    """Each file is an event of the trail, and where that cannot be written no file is handed out."""
    trail = visitor.everything.gateway.trail
    assert trail is not None
    visitor.enter_as().read("LU-1")
    here = str(visitor.here.url).replace("synthese", name)
    before = len(trail.outbox.events())
    assert visitor.client.get(here).status_code == 200
    assert trail.outbox.events()[before:] == ("DOC-export",)

    def full(*_: object, **__: object) -> None:
        raise LocalError("the disk is full")

    monkeypatch.setattr(trail, "record", full)
    assert visitor.client.get(here).status_code == 502


def answering(answer: str) -> Fault:
    """A country that gives this answer to every identification."""
    return Fault(name=answer, family="state", steps=("ITI-55",), transform="state",
                 parameters={"answer": answer})


def test_more_traits_can_be_given(visitor: Visitor) -> None:
    """SES-062: fields for what the country wants, the first one focused; what was typed is kept."""
    ncp, name = visitor.everything.world.ncp("HR"), "Đurđević-Šćekić"
    ncp.faults.add(answering("more_traits"), times=1)
    visitor.enter_as().look_for("HR-1")
    assert visitor.page.codes == ("SES-062",)
    assert visitor.values("/identite")["champ-1"] == "999980013"
    assert visitor.text.count("autofocus") == 1
    assert visitor.page.tree.xpath("//*[@autofocus]/@data-domaine") == ["familyName"]
    visitor.enter("Nom de famille", name)
    visitor.search()
    assert visitor.page.address.endswith("/verification")
    assert name.encode() in ncp.received.last.request.body


def test_unknown_and_refused_wait_for_one_beat(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal lets the same kind of time pass before it says either; nobody really waits here."""
    portal, waited = visitor.everything.app.state.portal, []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(portal, "pause", pause)
    monkeypatch.setattr(portal, "settings", replace(portal.settings, beat=0.5))
    visitor.enter_as().choose_code("PT")
    visitor.send("/identite", {"champ-1": "999999999"})
    assert "SES-060" in visitor.page.codes
    visitor.everything.world.ncp("EE").faults.add(answering("insufficient_rights"))
    visitor.look_for("EE-1")
    assert "SES-070" in visitor.page.codes
    assert len(waited) == 2
    assert all(0 < seconds <= 0.5 for seconds in waited)
    visitor.look_for("PT-1")
    assert len(waited) == 2


def test_slow_country_has_a_waiting_page(visitor: Visitor) -> None:
    """Which country, since when, until when, how to stop; no trait; then the result."""
    visitor.enter_as().choose_code("HR")
    visitor.everything.world.ncp("HR").faults.add("latency", seconds=1.2)
    fields = visitor.papers_of("HR-1")
    visitor.send("/identite", fields)
    assert "/attente/" in str(visitor.here.url)
    assert visitor.page.heading == "Recherche en cours en Croatie"
    assert "Ne plus attendre" in visitor.text
    assert fields["champ-1"] not in visitor.text
    state = visitor.client.get(f"{visitor.here.url}/etat").json()
    assert state == {"suite": "", "depuis": 0}
    visitor.wait()
    assert str(visitor.here.url).endswith("/verification")


def test_waiting_can_be_given_up(visitor: Visitor) -> None:
    """« Ne plus attendre » leads back to the form with its values; the late answer changes nothing."""
    visitor.enter_as().choose_code("HR")
    visitor.everything.world.ncp("HR").faults.add("latency", seconds=1.0)
    visitor.send("/identite", visitor.papers_of("HR-1"))
    visitor.send("/arret", {})
    assert str(visitor.here.url).endswith("/identite")
    assert visitor.values("/identite")["champ-1"]
    assert visitor.get(f"/patient/{visitor.key}/verification").status_code == 403


def test_country_that_is_down_can_be_tried_again(visitor: Visitor) -> None:
    """SES-080 with « Réessayer », which works once the country is back."""
    visitor.enter_as().choose_code("MT")
    fault = visitor.everything.world.ncp("MT").faults.add("http-503-plain")
    visitor.send("/identite", visitor.papers_of("MT-1"))
    assert visitor.page.codes[-1] == "SES-080"
    assert visitor.page.heading == "Le service de Malte ne répond pas"
    visitor.everything.world.ncp("MT").faults.remove(fault)
    visitor.send("/reessayer", {})
    assert str(visitor.here.url).endswith("/verification")


def test_pressing_twice_asks_once(visitor: Visitor) -> None:
    """The same form sent twice lands on the same result, and the country is asked once."""
    visitor.enter_as().choose_code("CZ")
    form, fields = visitor.form("/identite"), visitor.papers_of("CZ-1")
    for _ in range(2):
        answer = visitor.client.post(f"{visitor.everything.url}{form.action}",
                                     data={**unpicked(form), **fields})
        assert str(answer.url).endswith("/verification")
    assert len(visitor.everything.world.ncp("CZ").received) == 1


def test_second_patient_closes_the_first(visitor: Visitor) -> None:
    """Two tabs: as soon as another patient's record is opened, pages of the first say SES-120."""
    visitor.enter_as().read("PT-1")
    first = visitor.key
    visitor.read("HR-1")
    assert str(visitor.here.url).endswith("/synthese")
    assert visitor.client.get(f"{visitor.everything.url}/patient/{first}/synthese").status_code == 403


def test_three_views_downloads_and_the_end(visitor: Visitor) -> None:
    """The view is chosen and remembered; files have names without identity; « Terminer » leaves nothing."""
    visitor.enter_as().read("PT-1")
    here = str(visitor.here.url)
    assert "vue-deux" in visitor.text
    assert "vue-orig" in visitor.get(f"{here}?vue=orig").text
    assert "vue-orig" in visitor.get(here).text
    for name in ("original.pdf?enregistrer=1", "original.xml", "francais.xml"):
        answer = visitor.client.get(here.replace("synthese", name))
        assert answer.status_code == 200
        assert 'attachment; filename="synthese-PT-' in answer.headers["content-disposition"]
    visitor.send("/terminer", {})
    assert visitor.page.heading == "Consultation terminée"
    assert visitor.client.get(here).status_code == 403


def test_activity_is_chosen_and_cannot_be_forged(visitor: Visitor) -> None:
    """Two activities: one must be picked, and only one of one's own."""
    visitor.get("/connexion")
    visitor.send("/auth/identites", {"identite": BO})
    if str(visitor.here.url).endswith("/acces"):
        visitor.send("/acces", {"lu": "1"})
    visitor.send("/activite", {})
    assert visitor.here.status_code == 422
    visitor.send("/activite", {"activite": "7-7"})
    assert visitor.here.status_code == 403
    assert visitor.get("/pays").status_code == 403


@pytest.mark.parametrize(("press", "code"), [
    ({"action": "annuler"}, "SES-010"),
    ({"identite": "ada-generaliste", "action": "signature"}, "SES-012"),
    ({"identite": "ada-generaliste", "action": "acr"}, "SES-013"),
])
def test_login_that_fails_says_why(visitor: Visitor, press: dict[str, str], code: str) -> None:
    """Cancelled, forged, too weak: a page with the code, and no session."""
    visitor.get("/connexion")
    visitor.send("/auth/identites", press)
    assert visitor.page.codes == (code,)
    assert "__Host-session" not in visitor.client.cookies


def test_every_refused_identity_is_told_its_reason(everything: PortalWorld) -> None:
    """Whoever is not admitted gets the code that the identity announces."""
    refused = [one for one in everything.psc.identities if one.expected != "admis"]
    assert refused
    for identity in refused:
        visitor = Visitor(everything)
        visitor.get("/connexion")
        visitor.send("/auth/identites", {"identite": identity.key})
        assert visitor.page.codes == (identity.expected,), identity.key
        visitor.close()


def test_login_service_that_is_down_is_said(visitor: Visitor) -> None:
    """Pro Santé Connect away: SES-014."""
    visitor.everything.psc.faults.add("psc_down")
    visitor.get("/connexion")
    visitor.send("/auth/identites", {"identite": "ada-generaliste"}) if visitor.page.forms else None
    assert visitor.here.status_code == 503


def test_session_ends_by_itself(visitor: Visitor, clock: MovingClock) -> None:
    """Fifteen minutes without activity, four hours in any case; asking on the waiting page is no activity."""
    visitor.enter_as()
    clock.advance(14 * 60)
    assert visitor.get("/pays").status_code == 200
    clock.advance(16 * 60)
    visitor.get("/pays")
    assert visitor.page.codes == ("SES-110",)
    clock.offset *= 0


def test_session_is_extended_by_its_button(visitor: Visitor, clock: MovingClock) -> None:
    """« Prolonger » starts the idle time again."""
    visitor.enter_as()
    clock.advance(14 * 60)
    visitor.send("/session/prolonger", {})
    clock.advance(14 * 60)
    assert visitor.get("/pays").status_code == 200
    clock.offset *= 0


def test_logout_elsewhere_ends_the_session(visitor: Visitor) -> None:
    """A back-channel logout of Pro Santé Connect wipes the session."""
    visitor.enter_as().read("PT-1")
    visitor.everything.psc.log_out_everywhere()
    for _ in range(100):
        if visitor.get("/pays").status_code == 403:
            break
    assert visitor.page.codes == ("SES-110",)


def test_a_country_not_connected_is_refused(visitor: Visitor) -> None:
    """A forged country is SES-040; none chosen is an error of the form."""
    visitor.enter_as()
    visitor.send("/pays", {"pays": "XX"})
    assert visitor.page.codes == ("SES-040",)
    visitor.get("/pays")
    visitor.send("/pays", {})
    assert visitor.here.status_code == 422


def test_world_json_names_every_service(everything: PortalWorld, tmp_path: Path) -> None:
    """Portal, Pro Santé Connect and audit repository are in world.json for programs outside."""
    import json

    content = json.loads(everything.world_json.read_text(encoding="utf-8"))
    assert content["portal"] == everything.url
    assert content["pro_sante_connect"].startswith("https://")
    assert content["audit_repository"]["page"].startswith("https://")


def test_several_summaries_are_a_choice(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing preselected, one must be picked, and only one that was offered."""
    gateway = visitor.everything.gateway
    original = gateway.documents

    def twice(treatment: Treatment) -> Listing:
        found = original(treatment)
        return replace(found, summaries=found.summaries * 2)

    monkeypatch.setattr(gateway, "documents", twice)
    visitor.enter_as().read("PT-1")
    assert str(visitor.here.url).endswith("/choix")
    assert "checked" not in visitor.text
    visitor.send("/choix", {})
    assert visitor.here.status_code == 422
    visitor.send("/choix", {"synthese": "1"})
    assert visitor.wait().status == 200
    assert "Autre synthèse" in visitor.text
    visitor.get(str(visitor.here.url).replace("synthese", "choix"))
    visitor.send("/choix", {"synthese": "2"})
    assert visitor.here.status_code == 403


def test_emergency_is_a_setting_of_the_country(visitor: Visitor) -> None:
    """Where it is allowed, a reason of twenty characters opens the record under the purpose EMERGENCY."""
    portal = visitor.everything.app.state.portal
    settings = portal.settings
    portal.settings = replace(settings, emergency=frozenset({"PT"}))
    try:
        visitor.enter_as().confirm("PT-1")
        visitor.send("/accord", {"motif": "urgence", "raison": "trop court"})
        assert visitor.here.status_code == 422
        visitor.send("/accord", {"motif": "urgence", "raison": "Patient inconscient, accident de la route"})
        assert visitor.wait().address.endswith("/synthese")
    finally:
        portal.settings = settings
    last = visitor.everything.world.ncp("PT").received.last
    assert b"EMERGENCY" in last.request.body
    assert b"inconscient" not in last.request.body


def test_country_that_only_informs_asks_about_objection(visitor: Visitor) -> None:
    """The third question follows the country's rule; the answer is recorded all the same."""
    portal = visitor.everything.app.state.portal
    settings = portal.settings
    portal.settings = replace(settings, information_only=frozenset({"LU"}))
    try:
        visitor.enter_as().confirm("LU-1")
        assert "s’oppose-t-il" in visitor.text
        visitor.send("/accord", {"langue": "fr", "remise": "1", "accord": "oui"})
        assert visitor.wait().address.endswith("/synthese")
    finally:
        portal.settings = settings


def test_country_without_a_usable_form_is_suspended(tmp_path: Path) -> None:
    """A search mask that cannot be used: SES-041, and the country is shown as suspended, without a button."""
    with portal(tmp_path, ["EE", "MT"], audit=False) as everything:
        everything.world.smp.fault_set("EE").add("ism-country-mismatch")
        visitor = Visitor(everything)
        try:
            visitor.enter_as()
            assert "momentanément suspendu" in visitor.text
            assert 'value="EE"' not in visitor.text
            visitor.send("/pays", {"pays": "EE"})
            assert visitor.page.codes == ("SES-041",)
        finally:
            visitor.close()


def test_pages_keep_their_budget(visitor: Visitor) -> None:
    """Style, script, forms and an ordinary summary stay small."""
    style, script = visitor.everything.app.state.portal.pages.assets
    assert len(style.content) <= 16_384
    assert len(script.content) <= 3_072
    visitor.enter_as().choose_code("PT")
    assert len(visitor.here.content) <= 12_288
    visitor.read("PT-1")
    assert len(visitor.here.content) <= 92_160
