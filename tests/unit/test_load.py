"""Load without load: profiles, the check for the right patient, thresholds, the capacity curve."""

from dataclasses import replace

import pytest

from clinician import Page
from ehdsi.exposition import Family, counted, exposition
from load.journey import WrongPatient, unlike
from load.plan import Patient
from load.profile import ProfileError, Thresholds, load, names, read
from load.right_patient import differences, same_document
from ncpeh.load_run import judged
from reports.load.curve import curve
from sesali.metrics import Metrics, page_of
from tests.prometheus import read as samples_in

ADA = Patient(key="HR-1", country="HR", identifiers={"1.2.3": "999980013"}, birth_date="19580401", gender="F",
              family=("Đurđević",), given=("Željka",))

BANNER = """<html><body><section aria-label="Patient">Đurđević, Željka Née le 1er avril 1958 (68 ans)
Sexe Féminin Croatie, id. ••••••013</section><main>Nurk 45607179966</main></body></html>"""


def _page(content: str) -> Page:
    return Page("https://portal.example/patient/x/synthese", content)


def test_the_page_of_the_right_patient_passes():
    """Names, birth date in French and the end of a masked number all fit."""
    assert differences(_page(BANNER), ADA) == ()


@pytest.mark.parametrize(("change", "trait"), [
    ({"family": ("Nurk",)}, "family name"), ({"given": ("Ada",)}, "given name"),
    ({"birth_date": "19580411"}, "birth date"), ({"identifiers": {"1.2.3": "999980014"}}, "identifier")])
def test_each_trait_of_another_patient_is_noticed(change, trait):
    """The check bites: one trait of somebody else is enough, also where the main part names them."""
    assert trait in differences(_page(BANNER), replace(ADA, **change))


def test_a_page_without_a_number_is_not_taken_as_right():
    """Nothing to compare with is a difference, not an agreement."""
    assert "identifier" in differences(_page("<html><body>Željka Đurđević 1er avril 1958</body></html>"), ADA)


def test_a_document_of_another_patient_is_noticed():
    """The downloaded original has to hold one of the numbers as a whole value."""
    assert same_document(b'<id root="1.2.3" extension="999980013"/>', ADA)
    assert not same_document(b'<id root="1.2.3" extension="9999800131"/>', ADA)


def test_a_mistyped_number_is_another_one():
    """The kind of journey with a typing error really types something else."""
    assert ADA.mistyped.identifiers == {"1.2.3": "999980014"}


@pytest.mark.parametrize("name", names())
def test_every_profile_of_the_project_can_be_read(name):
    """Profiles are data; each is complete and lasts a while."""
    assert load(name).seconds > 0
    assert load(name).title


@pytest.mark.parametrize(("data", "words"), [
    ({"title": "x", "model": "closed"}, "stage"),
    ({"title": "x", "model": "half", "stage": [{"seconds": 1, "users": 1}]}, "model"),
    ({"title": "x", "model": "open", "stage": [{"seconds": 1, "users": 1}]}, "arrivals"),
    ({"title": "x", "model": "closed", "stage": [{"seconds": 1, "users": 1}], "mix": {"tea": 1}}, "mix"),
    ({"title": "x", "model": "closed", "stage": [{"seconds": 1, "users": 1}], "think": [3, 1]}, "think"),
    ({"title": "x", "model": "closed", "stage": [{"seconds": 1, "people": 1}]}, "people"),
    ({"title": "x", "model": "closed", "stage": [{"seconds": 1, "users": 1}], "speed": 1}, "speed")])
def test_a_broken_profile_says_which_key(data, words):
    """Whoever writes a profile is told what to change."""
    with pytest.raises(ProfileError, match=words):
        read(data, "mine")


def test_one_wrong_patient_fails_the_run():
    """Whatever else is fine, a page about somebody else misses the threshold."""
    result = {"trouble": {"wrong patient": 1}, "ended": {"shown": 99}, "steps": {}, "usage": {},
              "audit": {"lost": 0}, "complaints": []}
    missed = [what for what, _, _, holds in judged(result, Thresholds()) if not holds]
    assert missed == ["wrong patients"]


def test_a_step_that_never_happened_does_not_meet_its_time():
    """No figure is not a good figure."""
    result = {"trouble": {}, "ended": {"shown": 9}, "steps": {}, "usage": {}, "audit": {"lost": 0},
              "complaints": []}
    missed = [what for what, _, _, holds in judged(result, Thresholds(p95={"login": 10})) if not holds]
    assert missed == ["p95 of login, ms"]


def test_the_curve_counts_journeys_of_each_step_without_its_beginning():
    """Ten journeys a second in the first step, twenty in the second, both after the warming up."""
    series = [{"at": float(second), "journeys": 10 * min(second, 20) + 20 * max(second - 20, 0),
               "spent": 500 * second} for second in range(1, 41)]
    steps = curve(series, [(20, 1, 0.0), (20, 2, 0.0)])
    assert [round(step.per_second) for step in steps] == [10, 20]


def test_metrics_never_hold_keys_of_patients():
    """An address with a consultation's key counts under the kind of page."""
    assert page_of("/patient/Zk3-secret/synthese") == "/patient/{}/synthese"
    assert page_of("/attente/abc123/etat") == "/attente/{}/etat"
    assert page_of("/<script>") == "other"


def test_metrics_are_cumulative_histograms():
    """Prometheus wants each bucket to hold all smaller ones."""
    metrics = Metrics()
    metrics.step("HR", "ITI-55", 0.02, "ok")
    metrics.step("HR", "ITI-55", 3.0, "SES-081")
    text = metrics.text().decode()
    assert samples_in(text)
    assert 'ncpeh_step_seconds_bucket{country="HR",step="ITI-55",le="0.025"} 1' in text
    assert 'ncpeh_step_seconds_bucket{country="HR",step="ITI-55",le="+Inf"} 2' in text
    assert 'ncpeh_steps_total{country="HR",step="ITI-55",verdict="SES-081"} 1' in text


VERIFICATION = """<html><body><h1>Est-ce bien la personne ?</h1><dl><dd>{family}</dd><dd>Željka</dd>
<dd>1er avril 1958</dd><dd>{number}</dd></dl></body></html>"""


def test_another_person_under_the_right_number_is_rejected_and_not_taken_for_a_mix_up():
    """What a country gets wrong is for the verification to find; the clinician says no."""
    assert unlike(_page(VERIFICATION.format(family="Nurk", number="999980013")), ADA) == ("family name",)
    assert unlike(_page(VERIFICATION.format(family="Đurđević", number="999980013")), ADA) == ()


def test_another_number_at_the_verification_is_a_wrong_patient():
    """Only the portal can have mixed up the numbers."""
    with pytest.raises(WrongPatient):
        unlike(_page(VERIFICATION.format(family="Đurđević", number="999980014")), ADA)


def test_label_values_come_back_as_they_went():
    """Quotes, backslashes and line ends in a label do not break the text, nor do many senders of requests."""
    told = exposition([Family(name="x_total", kind="counter", about="A\nB", samples=counted(
        ("who",), {('a"b\\c\nd',): 2.0, ("plain",): 0.25}))])
    assert samples_in(told.decode()) == {("x_total", frozenset({("who", 'a"b\\c\nd')})): 2.0,
                                         ("x_total", frozenset({("who", "plain")})): 0.25}


def test_addresses_tried_at_random_make_no_series_of_their_own():
    """A scanner that asks for ten thousand addresses leaves a bounded number of series."""
    metrics = Metrics(timer=lambda: 0.0)
    for number in range(1000):
        letters = "abcdefghij"[number % 10] * (number // 10 % 50 + 1) + "z" * (number // 500)
        metrics.page(f"/{letters}", 404, 0.0)
    assert len(samples_in(metrics.text().decode())) < 200 * 20
