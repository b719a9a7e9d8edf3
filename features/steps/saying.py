"""What the page says, whatever page it is."""

from pytest_bdd import parsers, then


@then(parsers.parse('the page is headed "{heading}"'))
def headed(doctor, heading):
    assert doctor.same(doctor.page.heading) == doctor.same(heading), doctor.page.excerpt


@then(parsers.parse('the page says "{text}"'))
def says(doctor, text):
    assert doctor.page.says(text), doctor.page.excerpt


@then(parsers.parse('the page does not say "{text}"'))
def does_not_say(doctor, text):
    assert not doctor.page.says(text)


@then(parsers.parse("the message is {code}"))
def message_is(stage, doctor, code):
    assert code in stage.codes(doctor), f"{stage.codes(doctor)}: {doctor.page.excerpt}"


@then("there is no message")
def no_message(doctor):
    assert not doctor.page.codes, doctor.page.codes


@then(parsers.parse('"{what}" is offered'))
def offered(doctor, what):
    assert doctor.page.offers(what), doctor.page.offered


@then(parsers.parse('"{what}" is not offered'))
def not_offered(doctor, what):
    assert not doctor.page.offers(what)


@then("there is a way on")
def way_on(doctor):
    here = {one.text for one in (*doctor.page.buttons, *doctor.page.links)}
    assert here & {"Recommencer", "Réessayer", "Choisir un autre pays", "Choisir un pays", "Terminer",
                   "Reprendre la recherche", "Retour à l’accueil", "Rechercher le patient"}, here


@then("the page gives a reference for the support")
def reference(doctor):
    assert "Référence : " in doctor.page.flat


@then(parsers.parse('the list of errors says "{text}"'))
def error_says(doctor, text):
    assert any(doctor.same(text) in doctor.same(one) for one in doctor.page.errors), doctor.page.errors


@then("each error leads to its field")
def errors_lead(doctor):
    assert doctor.page.errors
    for target in doctor.page.tree.xpath("//*[@role='alert']//li/a/@href"):
        assert doctor.page.tree.xpath("//*[@id=$i]", i=target[1:]), f"{target} leads nowhere"


@then(parsers.parse('the window is called "{title}"'))
def window_called(doctor, title):
    assert doctor.same(doctor.page.title).startswith(doctor.same(title)), doctor.page.title


@then(parsers.parse('the colleague reads "{text}"'))
def colleague_reads(colleague, text):
    assert colleague.page.says(text), colleague.page.excerpt


@then(parsers.parse("nothing of {key} is on the colleague's page"))
def colleague_sees_nothing(stage, colleague, key):
    for trait in stage.traits_of(key):
        assert not colleague.page.says(trait)


@then("the page may not be kept by anybody")
def no_store(doctor):
    assert "no-store" in doctor.page.headers["cache-control"]


@then("the address and the title tell nothing about the patient")
def address_is_silent(stage, doctor):
    for trait in stage.numbers_typed():
        assert trait not in doctor.page.address and trait not in doctor.page.title


@then("every control has a label, every table its headings, every picture a text")
def controls_are_labelled(doctor):
    page = doctor.page
    assert [one.name for one in page.fields if not one.label] == []
    assert page.tree.xpath("//table[not(.//th)] | //img[not(@alt)]") == []


@then("the page has one heading of the first level and its landmarks")
def landmarks(doctor):
    tree = doctor.page.tree
    assert len(tree.xpath("//h1")) == 1 and len(tree.xpath("//main")) == 1
    assert tree.xpath("//header") and tree.xpath("//footer") and tree.xpath("//html/@lang") == ["fr"]


@then("the page leads past its header by a link")
def skip_link(doctor):
    assert doctor.page.tree.xpath("//a[@href='#contenu']") and doctor.page.tree.xpath("//*[@id='contenu']")


@then("no heading level is left out")
def heading_levels(doctor):
    levels = [int(one.tag[1]) for one in doctor.page.tree.xpath("//h1|//h2|//h3|//h4")]
    last = 0
    for level in levels:
        assert level <= last + 1 or last == 0, levels
        last = level
