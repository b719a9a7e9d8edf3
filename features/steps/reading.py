"""Reading the summary: sections, alerts, originals, files."""

from pytest_bdd import parsers, then, when

#: Where the text of the country itself stands, below the table of a section.
TOLD = "ancestor::details[contains(@class, 'recit')]"

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")


def rows_of(doctor, title):
    """The coded rows of a section; not those of the country's own text below it."""
    wanted = doctor.section(title).title
    for one in doctor.page.tree.xpath("//section[contains(concat(' ', @class, ' '), ' rubrique ')]"):
        if doctor.same(wanted) == doctor.same(" ".join(one.find("h2").itertext())):
            return one.xpath(f".//table[not({TOLD})]//tr[td]")
    raise AssertionError(f"no section {title}")


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
    assert len(rows_of(doctor, title)) == n, doctor.section(title).text


@then("no cell of a table is empty or holds a word of a machine")
def cells_speak(doctor):
    for cell in doctor.page.tree.xpath(f"//main//td[not({TOLD})]"):
        said = "".join(cell.itertext()).strip()
        assert said and said.lower() not in ("null", "none", "nan", "?", "n/a", "unk"), doctor.page.excerpt


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
    born = persona.birth_time
    day = f"{int(born[6:8])}{'er' if born[6:8] == '01' else ''}" if len(born) >= 8 else ""
    month = MONTHS[int(born[4:6]) - 1] if len(born) >= 6 else ""
    when = " ".join(part for part in (day, month, born[:4]) if part)
    for part in (*persona.name.family, *persona.name.given, when, country.names.fr):
        assert doctor.same(part) in banner, f"{part} is not in {banner}"


@then(parsers.parse("the identifier of {key} in the banner is masked but for its end"))
def identifier_masked(stage, doctor, key):
    banner = doctor.same(doctor.page.region("Patient"))
    held = [one.extension or "" for one in stage.patient(key)[1].identifiers]
    assert not any(doctor.same(one) in banner for one in held)
    assert any(f"•{doctor.same(one[-3:])}" in banner for one in held), banner


@then(parsers.parse("the words of {key}'s country on the page name their language"))
def languages_are_named(stage, doctor, key):
    country, persona = stage.patient(key)
    foreign = {doctor.same(word) for word in (*persona.name.family, *persona.name.given)}
    foreign |= {doctor.same(word) for word in stage.national_words()}
    found = 0
    for element in doctor.page.tree.xpath("//main//*[text()] | //section//*[text()]"):
        if doctor.same(element.text or "") in foreign:
            spoken = element.xpath("string(ancestor-or-self::*[@lang][1]/@lang)")
            assert spoken[:2] in stage.languages_of(country), f"« {element.text} » is marked {spoken}"
            found += 1
    assert found


@then(parsers.parse('the view "{view}" is the one that is marked'))
def view_is_marked(doctor, view):
    assert [one.label for one in doctor.page.fields if one.name == "vue" and one.checked] == [view]


@then(parsers.parse("a PDF is shown, named after {country} and the day and nobody"))
def pdf_is_shown(stage, file, country):
    assert file.content.startswith(b"%PDF-") and file.media_type == "application/pdf"
    assert file.name == f"synthese-{stage.country(country).code}-{stage.clock():%Y%m%d}.pdf"


@then("the file is the document of the country byte for byte")
def file_is_original(stage, file):
    assert stage.was_sent(file.content)


@then(parsers.parse('the file says "{text}" where the country says "{original}"'))
def file_says(stage, file, text, original):
    content = file.content.decode("utf-8")
    assert f'displayName="{text}"' in content and f'displayName="{original}"' in content
    assert not stage.was_sent(file.content)


@then(parsers.parse("{n:d} summaries are offered, each with its day, and none is chosen beforehand"))
def summaries_offered(doctor, n):
    offered = [one for one in doctor.page.fields if one.name == "synthese"]
    assert len(offered) == n and not any(one.checked for one in offered)
    assert all(one.label.split(",")[0].split()[-1].isdigit() for one in offered)


@then("no script of the document is on the page")
def no_script(doctor):
    assert len(doctor.page.tree.xpath("//script")) == 1
    assert "alert(" not in doctor.page.content
