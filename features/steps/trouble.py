"""What goes wrong: faults by their names in the catalogue, outages, rules of the installation."""

from pytest_bdd import given, parsers, when


@given(parsers.parse("{country} has the defect {defect}"))
def country_defect(stage, country, defect):
    stage.spoil(country, defect)


@given(parsers.parse("{country} has, in the {step}, the defect {defect}"))
def country_defect_in(stage, country, defect, step):
    stage.spoil(country, defect, steps=(stage.step(step),))


@given(parsers.parse("{country} has, once, the defect {defect}"))
def country_defect_once(stage, country, defect):
    stage.spoil(country, defect, times=1)


@when(parsers.parse("{country} gets the defect {defect}"))
def gets_defect(stage, country, defect):
    stage.spoil(country, defect)


@when(parsers.parse("{country} recovers"))
def recovers(stage, country):
    stage.ncp(country).faults.clear()


@given(parsers.parse("{country} answers the {step} with {code}"))
def answers_with(stage, country, step, code):
    stage.answer_with(country, step, code)


@given(parsers.parse("{country} asks, once, for more traits"))
def asks_for_more(stage, country):
    stage.answer_with(country, "identification", "more_traits", times=1)


@given("nobody has asked for a summary yet")
def as_new(stage):
    assert stage.asked("summary") == 0


@given(parsers.parse("{n:d} identifications a minute are allowed"))
def identifications_allowed(stage, n):
    assert stage.portal.settings.searches == n


@given("the portal keeps its beat")
def beat(stage):
    stage.keep_beat()


@given("the portal soon stops waiting")
def impatient(stage):
    stage.make_impatient()


@given(parsers.parse("the directory entry of {country} suffers from {defect}"))
def entry_defect(stage, country, defect):
    stage.spoil(country, defect, steps=("SMP",))


@given("the directory of the countries is away")
def directory_away(stage):
    for country in stage.countries:
        stage.spoil(country, "http-close-before-status", steps=("SMP",))


@when("the directory of the countries goes away")
def directory_goes(stage):
    directory_away(stage)


@given(parsers.parse("Pro Santé Connect suffers from {defect}"))
def psc_defect(stage, defect):
    stage.everything.psc.faults.add(defect)


@when(parsers.parse("Pro Santé Connect begins to suffer from {defect}"))
def psc_gets_defect(stage, defect):
    stage.everything.psc.faults.add(defect)


@when("Pro Santé Connect works again")
def psc_recovers(stage):
    stage.everything.psc.faults.clear()


@given("the audit repository is away")
def repository_away(stage):
    stage.everything.repository.kill()


@given(parsers.parse("{country} is announced and not connected"))
def announced(stage, country):
    stage.arrange(announced=(*stage.portal.settings.announced, country))


@given(parsers.parse("{country} only wants its patients informed"))
def information_only(stage, country):
    stage.arrange(information_only=frozenset({stage.country(country).code}))


@given(parsers.parse("access in an emergency is open for {country}"))
def emergency_open(stage, country):
    stage.arrange(emergency=frozenset({stage.country(country).code}))


@when(parsers.parse("the directory entry of {country} goes bad with {defect}"))
def entry_goes_bad(stage, country, defect):
    stage.forget_directory()
    stage.spoil(country, defect, steps=("SMP",))


@given("the waiting page comes at once")
def waiting_page_at_once(stage):
    stage.arrange(grace=0.05)


@given(parsers.parse("{country} is slow in the {step}"))
def slow_country(stage, country, step):
    stage.spoil(country, "latency", steps=(stage.step(step),), seconds=stage.SLOW)


@given(parsers.parse("{country} lists its summaries with a warning"))
def list_with_warning(stage, country):
    stage.warn_in_list(country)
