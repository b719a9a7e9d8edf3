"""From the country to the agreement: country, identity, verification, notice."""

from pytest_bdd import given, parsers, then, when


@given(parsers.parse("{who} is at the identity form of {country}"), target_fixture="doctor")
def at_form(stage, who, country):
    doctor = stage.clinician()
    doctor.log_in(who)
    doctor.choose_activity()
    doctor.choose_country(stage.country(country).names.fr)
    return doctor


@given(parsers.parse("{who} has found the patient {key}"), target_fixture="doctor")
def has_found(stage, who, key):
    doctor = at_form(stage, who, stage.patient(key)[0].code)
    doctor.identify(stage.papers(key))
    assert doctor.page.has("Confirmer l’identité"), doctor.page.excerpt
    return doctor


@given(parsers.parse("{who} has confirmed the identity of {key}"), target_fixture="doctor")
def has_confirmed(stage, who, key):
    doctor = has_found(stage, who, key)
    doctor.confirm_identity(despite_death=stage.patient(key)[1].deceased_time is not None)
    return doctor


@given(parsers.parse("{who} reads the summary of {key}"), target_fixture="doctor")
def reads(stage, who, key):
    doctor = has_confirmed(stage, who, key)
    doctor.open_summary(representative=stage.representative(doctor.page))
    assert doctor.page.heading == "Synthèse médicale", doctor.page.excerpt
    return doctor


@given(parsers.parse("{who} has the list of summaries of {key}"), target_fixture="doctor")
def has_list(stage, who, key):
    doctor = has_confirmed(stage, who, key)
    doctor.accept_notice()
    return doctor


@when(parsers.parse('the country "{country}" is chosen'))
def choose_country(doctor, country):
    doctor.choose_country(country)


@when("no country is chosen")
def choose_no_country(doctor):
    doctor.press("Continuer")


@when(parsers.parse("the papers of {key} are copied into the form"))
def fill_in(stage, doctor, key):
    doctor.fill_in(stage.papers(key))


@when(parsers.parse("the {number} in the papers of {key} is copied into the form"))
def fill_in_number(stage, doctor, number, key):
    doctor.fill_in(stage.papers(key), alternative=number)


@when(parsers.parse("the papers of {key}, with a number that others have as well, are copied"))
def fill_in_shared(stage, doctor, key):
    doctor.fill_in(stage.papers(key, shared=True))


@when(parsers.parse('"{text}" is typed into every field of the form'))
def type_everywhere(doctor, text):
    for field in doctor.identity_form:
        if field.kind == "text" and field.seen:
            doctor.enter(field.label, text, group=field.group)


@when(parsers.parse('"{text}" is typed into "{label}"'))
def type_into(doctor, text, label):
    doctor.enter(label, text)


@when("the form is sent")
def search(doctor):
    doctor.search()


@when("the form is sent twice")
def search_twice(doctor):
    doctor.press_twice("Rechercher le patient")


@when(parsers.parse("the patient {key} is looked for"))
def look_for(stage, doctor, key):
    doctor.choose_country(stage.patient(key)[0].names.fr)
    doctor.identify(stage.papers(key))


@when("nobody but a stranger is typed")
def type_stranger(stage, doctor):
    doctor.identify(stage.stranger(doctor))


@when(parsers.parse("{n:d} strangers are looked for"))
def many_strangers(stage, doctor, n):
    for _ in range(n):
        doctor.identify(stage.stranger(doctor))


@when("the identity is confirmed")
def confirm(doctor):
    doctor.confirm_identity()


@when("the identity is confirmed in spite of the death")
def confirm_despite(doctor):
    doctor.confirm_identity(despite_death=True)


@when("the identity is confirmed without a look at a document")
def confirm_blindly(doctor):
    doctor.press("Confirmer l’identité")


@when("the professional says that it is somebody else")
def reject(doctor):
    doctor.reject_identity()


@when("the patient agrees")
def agree(stage, doctor):
    doctor.accept_notice(representative=stage.representative(doctor.page))


@when("the patient agrees and the summary is opened")
def agree_and_open(stage, doctor):
    doctor.open_summary(representative=stage.representative(doctor.page))


@when("the patient refuses")
def refuse(doctor):
    doctor.refuse()


@when(parsers.parse('the legal representative "{name}" agrees'))
def representative_agrees(doctor, name):
    doctor.accept_notice(representative=name)


@when("a legal representative without a name agrees")
def nameless_representative(doctor):
    doctor.choose("un représentant légal")
    doctor.accept_notice()


@when("the patient agrees without having got the notice")
def agree_without_notice(doctor):
    doctor.choose("Oui")
    doctor.press("Ouvrir la synthèse")


@when("the notice is handed over and no answer is given")
def no_answer(doctor):
    doctor.tick("J’ai remis ou lu la notice")
    doctor.press("Ouvrir la synthèse")


@when(parsers.parse("the notice is opened in {language}"), target_fixture="notice")
def open_notice(doctor, language):
    return doctor.open_notice(language)


@when("a notice is asked for in a language that does not exist")
def notice_in_no_language(doctor):
    doctor.visit("/notice/xx")


@when(parsers.parse('the record is opened in an emergency because "{reason}"'))
def emergency(doctor, reason):
    doctor.tick("J’accède en urgence")
    doctor.enter("Motif", reason)
    doctor.press("Ouvrir la synthèse")


@when(parsers.parse("the summary number {n:d} is opened"))
def choose_summary(doctor, n):
    doctor.choose_summary(n)


@when("no summary is chosen")
def choose_none(doctor):
    doctor.press("Ouvrir la synthèse")


@when("the colleague opens the page of this patient")
def steal_page(doctor, colleague):
    colleague.visit(doctor.page.address)


@then("the form asks for what the country wants")
def form_fits(stage, doctor):
    assert stage.asked_for(doctor) == stage.wanted_by(doctor)


@then("every field has a label and says how it is written")
def fields_are_explained(doctor):
    for field in doctor.identity_form:
        assert field.label, field
        assert field.kind != "text" or field.hint or field.group, f"{field.label} has no hint"


@then("nothing is typed in the form")
def form_is_empty(doctor):
    assert [one.label for one in doctor.identity_form if one.kind == "text" and one.value] == []


@then(parsers.parse("what was typed of {key} is still in the form"))
def form_is_kept(stage, doctor, key):
    typed = {one.value for one in doctor.identity_form if one.kind == "text" and one.value}
    assert typed and typed <= stage.typed_of(key)


@then(parsers.parse("the person shown is {key}"))
def person_shown(stage, doctor, key):
    name = stage.patient(key)[1].name
    for part in (*name.family, *name.given):
        assert doctor.page.says(part), f"{part} is not on the page"


@then(parsers.parse("nothing of {key} is on the page"))
def nothing_of(stage, doctor, key):
    for trait in stage.traits_of(key):
        assert not doctor.page.says(trait), f"{trait} is on the page"


@then(parsers.parse("the notice is in {language} and tells nothing about {key}"))
def notice_is_in(stage, notice, language, key):
    assert language in notice.languages
    for trait in stage.traits_of(key):
        assert trait not in notice.text and trait not in notice.address


@then(parsers.parse("the notice is offered in {language} first"))
def notice_first(doctor, language):
    words = doctor.page.field("Langue de la notice").options[0][1]
    assert doctor.same(language) in doctor.same(words), words


@then(parsers.parse("the notice is offered in {n:d} languages, and each of them can be opened"))
def every_notice(doctor, n):
    offered = doctor.page.field("Langue de la notice").options
    assert len({code for code, _ in offered}) == len(offered) == n
    for code, words in offered:
        notice = doctor.open_notice(words)
        assert notice.languages[0] == code and len(notice.text) > 800, words


@then(parsers.parse('the form now asks for "{one}", "{other}" and "{third}" as well'))
def form_asks_for(doctor, one, other, third):
    labels = " ".join(f"{field.label} {field.group}" for field in doctor.identity_form)
    assert all(wanted in labels for wanted in (one, other, third)), labels


@then(parsers.parse("the country was told the name and the birth date of {key}"))
def told_name(stage, key):
    sent = stage.exchanged("ITI-55", "request")[-1].body
    persona = stage.patient(key)[1]
    assert persona.name.family[0].encode() in sent and persona.birth_time[:8].encode() in sent


@then("no country can be chosen")
def no_country(doctor):
    assert [one.label for one in doctor.page.fields if one.name == "pays"] == []


@when("a country that is not connected is sent")
def forged_country(doctor):
    doctor.send_raw("Continuer", {"pays": "IE"})


@then(parsers.parse("nothing of {key} is on the page but the number"))
def only_the_number(stage, doctor, key):
    for name in stage.patient(key)[1].name.family:
        assert not doctor.page.says(name)


@when(parsers.parse("{key} is looked for and agrees, as far as the country goes"))
def whole_way(stage, doctor, key):
    doctor.patient_summary(stage.patient(key)[0].names.fr, stage.papers(key))


@when(parsers.parse("{key} is looked for without waiting"))
def look_without_waiting(stage, doctor, key):
    doctor.fill_in(stage.papers(key))
    doctor.press("Rechercher le patient", wait=False)


@when(parsers.parse("the colleague reads the summary of {key}"))
def colleague_reads_summary(stage, colleague, key):
    colleague.patient_summary(stage.patient(key)[0].names.fr, stage.papers(key))
    assert colleague.page.heading == "Synthèse médicale", colleague.page.excerpt


@when("the identity is confirmed by a form from elsewhere")
def forged_form(doctor):
    doctor.tick("J’ai vu une pièce d’identité")
    doctor.send_raw("Confirmer l’identité", {"csrf": "forged"})


@when("the summary is asked for by its address without the patient's agreement")
def deep_link(doctor):
    doctor.visit(doctor.page.address.replace("/accord", "/synthese"))
