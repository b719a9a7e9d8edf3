"""What happens behind the pages: requests to countries, audit trail, logs, disk."""

from pytest_bdd import parsers, then, when


@then(parsers.parse("no {step} was asked for"))
def not_asked(stage, step):
    assert stage.asked(step) == 0


@then(parsers.re(r"(?P<n>\d+) (?P<step>identification|list of summaries|summary)s? w(as|ere) asked for"),
      converters={"n": int})
def asked(stage, n, step):
    assert stage.asked(step) == n


@then(parsers.parse("only {country} was asked"))
def only_asked(stage, country):
    here = stage.country(country).code
    others = [code for code in stage.countries if code != here]
    assert not any(stage.asked(step, code) for step in ("identification", "summary") for code in others)


@then(parsers.parse("the audit trail holds {events}"))
def trail_holds(stage, events):
    found = stage.event_types()
    for event in events.split(", "):
        assert event in found, found


@then(parsers.parse("the audit trail holds, in this order, {events}"))
def trail_holds_in_order(stage, events):
    wanted = events.split(", ")
    assert [one for one in dict.fromkeys(stage.event_types()) if one in wanted] == wanted


@then(parsers.parse("the audit trail lacks {event}"))
def trail_lacks(stage, event):
    assert event not in stage.event_types(), stage.event_types()


@then(parsers.parse("every event names {who}"))
def events_name(stage, who):
    assert stage.events()
    for event in stage.events():
        assert any(who in one.user_id or who in one.user_name for one in event.message.participants), event


@then(parsers.parse("the event {event} says that it did not succeed"))
def event_failed(stage, event):
    assert stage.outcome_of(event) != "0"


@then("no event comes twice")
def no_event_twice(stage):
    assert [one.copies for one in stage.events() if one.copies != 1] == []


@then("the events wait on disk and are sealed")
def events_wait(stage):
    assert stage.events_waiting() > 0
    assert not any(b"AuditMessage" in content for _, content in stage.files())


@when("the audit repository is back")
def repository_back(stage):
    stage.everything.repository.restart()


@then(parsers.parse("the log holds nothing of {key}"))
def log_is_silent(stage, key):
    for trait in stage.traits_of(key):
        assert trait not in stage.logged(), f"{trait} was logged"


@then("the portal kept its beat before it said so")
def beat_was_kept(stage):
    assert len(stage.waited) == 1 and 0 < stage.waited[0] <= stage.portal.settings.beat


@then("the portal said so at once")
def no_beat(stage):
    assert stage.waited == []


@then(parsers.parse("the log says {code}"))
def log_says(stage, code):
    assert code in stage.logged(), stage.logged()


@then("the log has a security event")
def log_security(stage):
    assert "(security)" in stage.logged(), stage.logged()


@then(parsers.parse("nothing of {key} is on disk"))
def disk_is_silent(stage, key):
    traits = [trait.encode() for trait in stage.traits_of(key)]
    for name, content in stage.files():
        assert not any(trait in content for trait in traits), f"{name} holds a trait"


@then(parsers.parse("nothing of {key} is in the memory of the portal"))
def memory_is_silent(stage, key):
    assert stage.traits_in_memory(key) == []


@then(parsers.parse("nobody but {country} and the gateway saw the name of {key}"))
def nobody_else(stage, country, key):
    assert stage.saw_name(key) <= {stage.country(country).code}


@then("the request named the patient by the identifier of the papers")
def request_names(stage):
    assert stage.numbers_typed() & stage.numbers_sent()


@then(parsers.parse("{n:d} treatment relationships were confirmed, each for a patient of its own"))
def relationships(stage, n):
    found = stage.treatment_patients()
    assert len(found) == n == len(set(found)), found
