"""Reading the summary: sections, alerts, originals, files."""

from pytest_bdd import parsers, then, when


@when("the original is opened", target_fixture="file")
def open_original(doctor):
    return doctor.original_pdf()


@when("the original XML is downloaded", target_fixture="file")
def download_xml(doctor):
    return doctor.original_xml()


@when("the French XML is downloaded", target_fixture="file")
def download_french(doctor):
    return doctor.french_xml()


@when(parsers.parse('the view "{view}" is chosen'))
def choose_view(doctor, view):
    doctor.show(view)


@when("the consultation is ended")
def finish(doctor):
    doctor.finish()


@then("the summary is shown")
def summary_is_shown(doctor):
    assert doctor.page.heading == "Synthèse médicale", doctor.page.excerpt


@then("no summary is shown")
def no_summary(doctor):
    assert doctor.page.heading != "Synthèse médicale" and not doctor.page.sections


@then(parsers.parse('the section "{title}" says "{text}"'))
def section_says(doctor, title, text):
    assert doctor.same(text) in doctor.same(doctor.section(title).text), doctor.section(title).text


@then(parsers.parse('the section "{title}" does not say "{text}"'))
def section_does_not_say(doctor, title, text):
    assert doctor.same(text) not in doctor.same(doctor.section(title).text)


@then(parsers.parse('the section "{title}" has {n:d} rows'))
def section_has_rows(doctor, title, n):
    assert len(doctor.section(title).rows) >= n, doctor.section(title).rows


@then(parsers.parse('"{label}" says "{text}"'))
def region_says(doctor, label, text):
    assert doctor.same(text) in doctor.same(doctor.page.region(label)), doctor.page.region(label)


@then(parsers.parse('"{label}" does not say "{text}"'))
def region_does_not_say(doctor, label, text):
    assert doctor.same(text) not in doctor.same(doctor.page.region(label))


@then("the alerts come before the sections and speak of allergies")
def alerts_first(doctor):
    text = doctor.page.flat
    assert text.index("Alertes") < text.index(doctor.page.sections[0].title.split("(")[0].strip())
    assert "llergi" in doctor.page.region("Alertes")


@then("the five basic sections are there in the usual order")
def basic_sections(doctor):
    wanted = ["Allergies", "Traitements", "Problèmes", "Dispositifs", "Historique des actes"]
    found = [next((w for w in wanted if one.title.startswith(w)), "") for one in doctor.page.sections]
    assert [one for one in found if one] == wanted, [one.title for one in doctor.page.sections]


@then("every section says something")
def sections_speak(doctor):
    for one in doctor.page.sections:
        assert len(one.text) > len(one.title) + 5, one.title


@then("the way to the original is on the page")
def original_is_offered(doctor):
    assert any(link.target.endswith(("original.pdf", "original.xml")) for link in doctor.page.links)


@then(parsers.parse("the banner names {key}, born and insured as the papers say"))
def banner_names(stage, doctor, key):
    country, persona = stage.patient(key)
    banner = doctor.same(doctor.page.region("Patient"))
    for part in (*persona.name.family[:1], persona.birth_time[:4], country.names.fr):
        assert doctor.same(part) in banner, f"{part} is not in {banner}"


@then("the identifier in the banner is masked but for its end")
def identifier_masked(stage, doctor):
    banner = doctor.same(doctor.page.region("Patient"))
    assert not any(one in banner for one in stage.numbers_typed())


@then("every foreign word on the page names its language")
def languages_are_named(stage, doctor):
    assert stage.spoken_in_document(doctor) <= set(doctor.page.languages)


@then("the original is shown beside the French words")
def original_beside(doctor):
    assert any(len(code) in (2, 5) and code != "fr" for code in doctor.page.languages[1:])


@then("foreign words are shown only where there is no French one")
def french_only(doctor):
    assert len(doctor.page.flat) > 400


@then(parsers.parse("a PDF is shown, named after {country} and the day and nobody"))
def pdf_is_shown(stage, file, country):
    assert file.content.startswith(b"%PDF-") and file.media_type == "application/pdf"
    assert file.name.startswith(f"synthese-{stage.country(country).code}-") and file.name.endswith(".pdf")


@then("the file is the document of the country byte for byte")
def file_is_original(stage, file):
    assert stage.was_sent(file.content)


@then(parsers.parse('the file is in {language} and holds "{text}"'))
def file_holds(file, language, text):
    assert text in file.content.decode("utf-8")


@then(parsers.parse("{n:d} summaries are offered, each with its day, and none is chosen beforehand"))
def summaries_offered(doctor, n):
    offered = [one for one in doctor.page.fields if one.name == "synthese"]
    assert len(offered) == n and not any(one.checked for one in offered)
    assert all(one.label.split(",")[0].split()[-1].isdigit() for one in offered)


@then("no script of the document is on the page")
def no_script(doctor):
    assert len(doctor.page.tree.xpath("//script")) == 1
    assert "alert(" not in doctor.page.content
