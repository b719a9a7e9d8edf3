"""A rich patient summary that touches every field of the model, and two poor ones: shared by many tests.

The patient is invented. Codes are those of the pivot with the national concept in ``translations``, so that
the same sample serves builder, reader, terminology and pages.
"""

from __future__ import annotations

from dataclasses import replace

from ehdsi.cda.datatypes import (
    Address,
    Coded,
    EventTiming,
    Identifier,
    Interval,
    NarrativeNode,
    Periodic,
    PersonName,
    Qualifier,
    Quantity,
    QuantityRange,
    Ratio,
    Telecom,
    Time,
    TimingSet,
)
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Attachment,
    Device,
    Guardian,
    Header,
    Immunization,
    Ingredient,
    Medication,
    Observation,
    ObservationGroup,
    Organization,
    Package,
    Participation,
    Patient,
    PatientSummary,
    Problem,
    Procedure,
    Product,
    Reaction,
    RelatedDocument,
    Section,
    UnreadEntry,
)
from ehdsi.cda.sections import MANDATORY, SECTIONS
from ehdsi.oids import (
    ABSENT_UNKNOWN,
    ADMINISTRATIVE_GENDER,
    ALLERGY_CERTAINTY,
    ALLERGY_CRITICALITY,
    ALLERGY_STATUS,
    ATC,
    CONDITION_CERTAINTY,
    CONFIDENTIALITY,
    DOCUMENT_CODE_PATIENT_SUMMARY,
    EDQM,
    EMDN,
    ICD_10,
    ISCO_08,
    LOINC,
    OBSERVATION_INTERPRETATION,
    ORPHANET,
    PARTICIPATION_FUNCTION,
    ROLE_CODE,
    SNOMED_CT,
    TEMPLATE_L1,
    TEMPLATE_L3,
    TIMING_EVENT,
)

#: Example arc for identifiers and national code systems.
EXAMPLE = "2.999"
NATIONAL_DIAGNOSES = f"{EXAMPLE}.10.1"
NATIONAL_PRODUCTS = f"{EXAMPLE}.10.2"


def coded(code: str, system: str, display: str, national: str | None = None) -> Coded:
    """A pivot code with an English designation and, where given, the national one in a translation."""
    inner = (Coded(code=f"N-{code}", code_system=NATIONAL_DIAGNOSES,
                   display_name=national),) if national else ()
    return Coded(code=code, code_system=system, display_name=display, translations=inner)


def identifier(extension: str, root: str = EXAMPLE) -> Identifier:
    """An identifier below the example arc."""
    return Identifier(root=root, extension=extension)


def days(low: str | None = None, high: str | None = None) -> Interval:
    """An interval with the bounds that are given."""
    return Interval(low=Time(value=low) if low else None, high=Time(value=high) if high else None)


def point(value: str) -> Interval:
    """A single point in time."""
    return Interval(value=Time(value=value))


ADDRESS = Address(street_lines=("Ilica 1", "stan 4"), city="Zagreb", postal_code="10000", state="Grad Zagreb",
                  country="HR", use="HP")
TELECOM = Telecom(value="tel:+38515550101", use="HP")
CLINIC = Organization(identifiers=(identifier("K-1", f"{EXAMPLE}.2"),), names=("Dom zdravlja Šestine",),
                      telecoms=(Telecom(value="mailto:ured@primjer.hr", use="WP"),), addresses=(ADDRESS,))
DOCTOR = Participation(
    function=coded("2211", ISCO_08, "Generalist medical practitioners", "liječnik opće medicine"),
    code=coded("221", ISCO_08, "Medical doctors"), time=Time(value="20250304101500+0100"),
    identifiers=(identifier("D-7", f"{EXAMPLE}.3"),), organization=CLINIC, addresses=(ADDRESS,),
    telecoms=(TELECOM,), person=PersonName(prefix=("dr.",), given=("Željka",), family=("Đurić",),
                                           suffix=("spec.",)))
SURGEON = Participation(identifiers=(identifier("D-9", f"{EXAMPLE}.3"),), time=Time(value="20141020"),
                        person=PersonName(given=("Ante",), family=("Čović",)),
                        organization=Organization(names=("KBC Primjer",), addresses=(Address(country="HR"),)))


def patient() -> Patient:
    """The invented patient: two identifiers, two surnames, a guardian of each kind."""
    mother = Guardian(code=coded("MTH", ROLE_CODE, "mother"), addresses=(ADDRESS,), telecoms=(TELECOM,),
                      person=PersonName(given=("Vesna",), family=("Šarić",)))
    office = Guardian(organization=CLINIC)
    return Patient(
        identifiers=(identifier("77777777776", f"{EXAMPLE}.1"), identifier("MBO-1", f"{EXAMPLE}.1.1")),
        names=(PersonName(prefix=("mr.",), given=("Đurđica", "Ana"), family=("Šarić", "Žižić"), use="L"),),
        gender=coded("F", ADMINISTRATIVE_GENDER, "Female"), birth_time=Time(value="19820508"), deceased=False,
        deceased_time=Time(null_flavor="NA"), addresses=(ADDRESS,),
        telecoms=(TELECOM, Telecom(value="mailto:djurdjica@primjer.hr")), guardians=(mother, office),
        languages=("hr-HR",))


def header() -> Header:
    """A full header of level 3."""
    device = Participation(device="NCPeH primjer", time=days("20250304101500+0100"),
                           identifiers=(identifier("NCP"),), organization=CLINIC)
    contact = Participation(type_code="IND", class_code="NOK", code=coded("CHILD", ROLE_CODE, "child"),
                            person=PersonName(given=("Luka",), family=("Šarić",)), telecoms=(TELECOM,))
    preferred = Participation(type_code="IND", class_code="PRS", person=DOCTOR.person, telecoms=(TELECOM,),
                              function=Coded(code="PCP", code_system=PARTICIPATION_FUNCTION),
                              addresses=(ADDRESS,))
    return Header(
        level=3, template_ids=(TEMPLATE_L3,), identifier=identifier("HR-0001.L3"), language="hr-HR",
        version_number=2,
        code=coded(DOCUMENT_CODE_PATIENT_SUMMARY, LOINC, "Patient summary Document"),
        title="Sažetak medicinskih podataka", effective_time=Time(value="20250304101500+0100"),
        confidentiality=coded("N", CONFIDENTIALITY, "normal"), set_id=identifier("HR-0001"),
        patient=patient(),
        authors=(DOCTOR, device), custodian=CLINIC, legal_authenticator=DOCTOR, participants=(contact,
                                                                                              preferred),
        service_event=days("2010", "20250301"), performers=(replace(DOCTOR, type_code="PPRF"),),
        related_documents=(RelatedDocument(type_code="XFRM", identifiers=(identifier("HR-0001.L1"),)),))


def section(loinc: str, *entries: object, **more: object) -> Section:
    """A section of the value set with these entries; title and narrative are left to the builder."""
    return Section(code=coded(loinc, LOINC, SECTIONS[loinc].display), entries=entries,
                   **more)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------- entries


def allergies() -> tuple[Allergy, ...]:
    """A drug allergy with everything, and a food intolerance known by name only."""
    rash = Reaction(code=coded("418799008", SNOMED_CT, "Symptom"), time=days("1990", "1991"),
                    text="nakon jedne doze",
                    manifestation=coded("247472004", SNOMED_CT, "Wheal", "urtikarija"),
                    severity=coded("24484000", SNOMED_CT, "Severe", "teška"))
    penicillin = Allergy(
        identifiers=(identifier("A-1"),), text="Ne davati penicilin.", status="active",
        onset=days("19900110"),
        concern_time=days("1990"), type=coded("609328004", SNOMED_CT, "Allergic disposition", "alergija"),
        agents=(coded("J01CA04", ATC, "amoxicillin", "amoksicilin"),), agent_name="Amoksicilin",
        value=coded("609328004", SNOMED_CT, "Allergic disposition"), reactions=(rash,),
        severity=coded("371924009", SNOMED_CT, "Moderate to severe"),
        criticality=coded("high", ALLERGY_CRITICALITY, "High risk", "visok rizik"),
        certainty=coded("confirmed", ALLERGY_CERTAINTY, "Confirmed", "potvrđeno"),
        clinical_status=coded("active", ALLERGY_STATUS, "Active", "aktivno"), authors=(DOCTOR,),
        comments=("Provjereno testom.",))
    milk = Allergy(identifiers=(identifier("A-2"),), agent_name="kozje mlijeko",
                   type=coded("782197009", SNOMED_CT, "Intolerance to substance"), negated=True)
    return penicillin, milk


def _ingredient(code: str, name: str, amount: str, unit: str, per: Quantity | None = None) -> Ingredient:
    return Ingredient(code=coded(code, ATC, name), name=name, class_code="ACTI", strength=Ratio(
        numerator=Quantity(value=amount, unit=unit), denominator=per or Quantity(value="1", unit="1")))


def medications() -> tuple[Medication, ...]:
    """One for each kind of schedule, dose and product."""
    tablet = Quantity(value="1", unit="1", original_text="tableta")
    box = Package(code=Coded(code="P-28", code_system=NATIONAL_PRODUCTS), name="kutija 28", capacity=Quantity(
        value="28", unit="1"), form=coded("30009000", EDQM, "Box", "kutija"), quantity=Quantity(value="28",
                                                                                                unit="1"))
    blister = Package(form=coded("30007000", EDQM, "Blister"), quantity=Quantity(value="14", unit="1"),
                      inner=box)
    triapin = Product(
        code=Coded(code="C09BB05162", code_system=NATIONAL_PRODUCTS, display_name="Triapin tbl."),
        name="Triapin",
        description="tablete s produljenim oslobađanjem", lot_number="L-77", manufacturer="Tvornica d.d.",
        form=coded("10226000", EDQM, "Prolonged-release tablet"), packages=(blister,),
        classes=(coded("C09BB05", ATC, "ramipril and felodipine"),), ingredients=(
            _ingredient("C09AA05", "ramipril", "5", "mg"), _ingredient("C08CA02", "felodipine", "5", "mg"),
            Ingredient(name="laktoza", class_code="IACT")))
    kit = Product(name="Komplet", parts=(
        Product(name="tableta A", form=coded("10219000", EDQM, "Tablet"), classes=(coded("A02BC01", ATC,
                                                                                         "omeprazole"),),
                ingredients=(_ingredient("A02BC01", "omeprazole", "20", "mg"),)),))
    insulin = Product(name="Tresiba", form=coded("11201000", EDQM, "Solution for injection"), ingredients=(
        _ingredient("A10AE06", "insulin degludec", "100", "[IU]", Quantity(value="1", unit="mL")),))
    morning = EventTiming(event=Coded(code="ACM", code_system=TIMING_EVENT), operator="A",
                          offset=Interval(width=Quantity(value="30", unit="min")))
    thrice = Periodic(period=Quantity(value="8", unit="h"), institution_specified=True, operator="A",
                      phase=days("20250101", "20250102"))
    both = TimingSet(parts=(thrice, EventTiming(event=Coded(code="HS", code_system=TIMING_EVENT))),
                     operator="A")
    common = {"status": "active", "period": days("20170506", "20270506")}
    return (
        Medication(identifiers=(identifier("M-1"),), product=triapin, timing=morning, mood="INT",
                   negated=False,
                   other_timings=(Time(value="20250304"),), dose=QuantityRange(low=tablet, high=Quantity(
                       value="2", unit="1", original_text="tablete")), route=coded("20053000", EDQM,
                                                                                   "Oral use"),
                   code=coded("DRUG", EXAMPLE, "drug"), rate=QuantityRange(value=Quantity(value="1",
                                                                                          unit="mL/h")),
                   max_dose=Ratio(numerator=Quantity(value="2", unit="1"), denominator=Quantity(value="1",
                                                                                                unit="d")),
                   sites=(coded("38266002", SNOMED_CT, "Entire body"),), instructions=("Uzeti prije jela.",),
                   reasons=(coded("I10", ICD_10, "Essential hypertension", "hipertenzija"),),
                   reason_times=(days("20190301"),),
                   comments=("Kontrola tlaka.",), **common),  # type: ignore[arg-type]
        Medication(identifiers=(identifier("M-2"),), product=kit, timing=thrice,
                   dose=QuantityRange(value=tablet), **common),  # type: ignore[arg-type]
        Medication(identifiers=(identifier("M-3"),), product=insulin, timing=both, dose=QuantityRange(
            null_flavor="UNK"), status="suspended", period=Interval(low=Time(value="20120430"), high=Time(
                null_flavor="NA"))),
        Medication(identifiers=(identifier("M-4"),), product=Product(name="Lijek"), period=Interval(
            low=Time(value="20250101"), width=Quantity(value="14", unit="d")), timing=days("20250101")),
        Medication(identifiers=(identifier("M-5"),), product=Product(name="Pumpa"),
                   period=Interval(null_flavor="UNK"),
                   timing=Periodic(period=Quantity(value="1", unit="wk"), institution_specified=False),
                   dose=QuantityRange(low=Quantity(value="1", unit="mL"), width=Quantity(value="2",
                                                                                         unit="mL")),
                   max_dose=Ratio(null_flavor="UNK"), status="completed"),
    )


def problems() -> tuple[Problem, ...]:
    """A common disease with everything, a rare one, one without safe mapping, one ruled out."""
    asthma = Problem(
        identifiers=(identifier("P-1"),), type=coded("64572001", SNOMED_CT, "Condition"),
        text="Astma od djetinjstva",
        value=Coded(code="J45", code_system=ICD_10, code_system_name="ICD-10", code_system_version="2019",
                    display_name="Asthma", translations=(Coded(code="J45.9", code_system=NATIONAL_DIAGNOSES,
                                                               display_name="Astma"),)),
        onset=days("19941003"), concern_time=days("1994"), severity=coded("6736007", SNOMED_CT, "Moderate"),
        clinical_status=coded("55561003", SNOMED_CT, "Active", "aktivno"),
        outcome=coded("21134002", SNOMED_CT, "Disability"), related_professionals=(SURGEON,),
        assertion=coded("confirmed", CONDITION_CERTAINTY, "Confirmed"), authors=(DOCTOR,),
        related_resources=("https://primjer.hr/astma",), comments=("Redovite kontrole.",))
    rare = Problem(identifiers=(identifier("P-2"),), value=coded("130", ORPHANET, "Brugada syndrome"),
                   onset=days("2013"))
    unmapped = Problem(identifiers=(identifier("P-3"),), onset=days("2020"), value=Coded(
        null_flavor="OTH", translations=(Coded(code="X1", code_system=NATIONAL_DIAGNOSES,
                                               display_name="uroci"),)))
    absent = Problem(identifiers=(identifier("P-4"),), negated=True, value=coded("C73", ICD_10,
                                                                                 "Thyroid cancer"))
    return asthma, rare, unmapped, absent


def past_illness() -> Problem:
    """A closed problem, with the words of the physician."""
    return Problem(identifiers=(identifier("P-9"),), onset=days("19971001", "19971006"), status="completed",
                   value=replace(coded("N10", ICD_10, "Acute pyelonephritis"), original_text="upala bubrega"),
                   clinical_status=coded("413322009", SNOMED_CT, "Resolved"))


def procedures() -> tuple[Procedure, ...]:
    """An operation on one side of the body."""
    left = Qualifier(name=coded("272741003", SNOMED_CT, "Laterality"), value=coded("7771000", SNOMED_CT,
                                                                                   "Left", "lijevo"))
    shoulder = replace(coded("76552005", SNOMED_CT, "Skin of shoulder", "rame"), qualifiers=(left,))
    return (Procedure(identifiers=(identifier("O-1"),), code=coded("64253000", SNOMED_CT, "Implantation",
                                                                   "ugradnja"),
                      time=point("20141020"), sites=(shoulder,), method=coded("129304002", SNOMED_CT,
                                                                              "Excision"),
                      reasons=(coded("I47", ICD_10, "Tachycardia"),), performers=(SURGEON,),
                      status="completed"),)


def devices() -> tuple[Device, ...]:
    """An implant that is in place and one that was removed."""
    return (
        Device(identifiers=(identifier("E-1"),), code=coded("J0102", EMDN, "Implantable defibrillators",
                                                            "defibrilator"),
               device_identifiers=(identifier("UDI-1"),), time=days("20141020"), model_name="Model 7"),
        Device(code=coded("J0101", EMDN, "Pacemakers"), time=days("2010", "20141020"), status="completed"),
    )


def immunizations() -> tuple[Immunization, ...]:
    """A vaccination with everything, one that was not given."""
    itch = Reaction(manifestation=coded("418290006", SNOMED_CT, "Itching", "svrbež"), time=days("19830102"))
    vaccine = Product(code=coded("J07BC01", ATC, "hepatitis B, purified antigen"), name="Engerix B",
                      lot_number="AB-1",
                      manufacturer="Proizvođač cjepiva")
    return (
        Immunization(identifiers=(identifier("V-1"),), vaccine=vaccine, time=point("19830102"),
                     dose_number="2",
                     dose=QuantityRange(value=Quantity(value="0.5", unit="mL")), performers=(SURGEON,),
                     status="completed",
                     route=coded("20035000", EDQM, "Intramuscular use"), reactions=(itch,),
                     targets=(coded("B16", ICD_10, "Acute hepatitis B", "hepatitis B"),)),
        Immunization(vaccine=Product(code=coded("J07AM51", ATC, "tetanus toxoid, combinations")),
                     negated=True,
                     time=point("2019"), dose_number="docjepljivanje", status="cancelled"),
    )


def observations() -> dict[str, tuple[Observation | ObservationGroup, ...]]:
    """Entries of the sections that hold observations, by LOINC code, with every kind of value."""
    pressure = ObservationGroup(identifiers=(identifier("T-1"),), code=coded("46680005", SNOMED_CT,
                                                                             "Vital signs"),
                                time=point("20250301"), status="completed", observations=tuple(
        Observation(identifiers=(identifier(f"T-1.{code}"),), code=coded(code, LOINC, name, national),
                    time=point("20250301"),
                    values=(Quantity(value=value, unit="mm[Hg]"),))
        for code, name, national, value in (("8480-6", "Systolic blood pressure", "sistolički tlak", "160"),
                                            ("8462-4", "Diastolic blood pressure", "dijastolički tlak",
                                             "110"))))
    blood = Observation(code=coded("34530-6", LOINC, "ABO and Rh group panel"), time=point("20191122"),
                        values=(replace(coded("278147001", SNOMED_CT, "Blood group O Rh(D) positive"),
                                        xsi_type="CE"),))
    glucose = Observation(
        identifiers=(identifier("R-2"),), code=coded("14749-6", LOINC, "Glucose", "glukoza"), method=coded(
            "702659008", SNOMED_CT, "Spectrophotometry"), sites=(coded("53075003", SNOMED_CT,
                                                                       "Distal interphalangeal joint"),),
        values=(Quantity(value="7.1", unit="mmol/L"),), reference_ranges=("3,9 – 5,9 mmol/L",),
        performers=(SURGEON,),
        interpretations=(coded("H", OBSERVATION_INTERPRETATION, "High", "povišeno"),), comments=("natašte",),
        time=point("20250220"), text="glukoza u serumu")
    panel = ObservationGroup(identifiers=(identifier("R-1"),), code=coded("24323-8", LOINC,
                                                                          "Metabolic panel"),
                             observations=(glucose,), performers=(SURGEON,), authors=(DOCTOR,),
                             comments=("hitno",),
                             template_ids=(f"{EXAMPLE}.77",), null_flavor=None)
    smoking = Observation(code=coded("229819007", SNOMED_CT, "Tobacco use", "pušenje"), time=days("2010",
                                                                                                  "2020"),
                          values=(Quantity(value="0.5", unit="{pack}/d"),), template_ids=(f"{EXAMPLE}.78",))
    alcohol = Observation(code=coded("897148007", SNOMED_CT, "Alcohol intake"), values=("povremeno",),
                          negated=True)
    due = Observation(code=coded("11778-8", LOINC, "Delivery date estimated"),
                      values=(Time(value="20250614"),))
    pregnant = Observation(code=coded("82810-3", LOINC, "Pregnancy status"), time=point("20250215"),
                           components=(due,),
                           values=(coded("77386006", SNOMED_CT, "Pregnant", "trudna"),))
    births = Observation(code=coded("281050002", SNOMED_CT, "Livebirth"), values=(2,))
    other: tuple[Observation, ...] = (
        Observation(code=coded("45588-1", LOINC, "Bed mobility"), values=(True,), time=point("20250101")),
        Observation(code=coded("54750-5", LOINC, "Walking"), values=(QuantityRange(
            low=Quantity(value="1", unit="m"), high=Quantity(value="9", unit="m")),)),
        Observation(code=coded("54751-3", LOINC, "Titre"), values=(Ratio(
            numerator=Quantity(value="1", unit="1"), denominator=Quantity(value="128", unit="1")),
            days("2024"))),
        Observation(code=coded("99999-0", LOINC, "Not done"), null_flavor="NI"),
    )
    function = ObservationGroup(code=coded("47420-5", LOINC, "Functional status assessment note"),
                                observations=other)
    return {"8716-3": (pressure,), "30954-2": (blood, panel), "29762-2": (smoking, alcohol),
            "10162-6": (pregnant, births), "47420-5": (function,)}


def rich_summary() -> PatientSummary:
    """Every section, every kind of entry, every field of the model, at least once."""
    table = observations()
    plan = NarrativeNode(tag="text", children=(
        NarrativeNode(tag="paragraph", attributes=(("ID", "plan-1"),), children=("Kontrola ", NarrativeNode(
            tag="content", attributes=(("styleCode", "Bold"),), children=("za mjesec dana",)), ".")),))
    unread = UnreadEntry(reason="an encounter is no part of a summary", xml="<encounter/>", terms=(
        coded("308335008", SNOMED_CT, "Patient encounter"),), text="Pregled", text_reference="plan-1",
        identifiers=(identifier("U-1"),))
    noted = Observation(code=replace(coded("281036007", SNOMED_CT, "Follow-up"), original_text="Kontrola",
                                     original_text_reference="plan-1"), text_reference="plan-1")
    extra = Section(code=Coded(code="10157-6", code_system=LOINC, display_name="Family history"),
                    language="hr-HR",
                    title="Obiteljska anamneza", template_ids=(f"{EXAMPLE}.88",),
                    identifier=identifier("S-1"),
                    null_flavor="NI", subsections=(Section(title="Majka", narrative=NarrativeNode(
                        tag="paragraph", children=("zdrava",))),))
    return PatientSummary(header=header(), sections=(
        section("48765-2", *allergies()), section("11450-4", *problems()), section("10160-0", *medications()),
        section("46264-8", *devices()), section("47519-4", *procedures()), section("11348-0", past_illness()),
        section("11369-6", *immunizations()), *(section(loinc, *entries) for loinc, entries in table.items()),
        section("18776-5", noted, unread, narrative=plan), section("42348-3", unread), extra))


def absence_summary(kind: str = "known_absence") -> PatientSummary:
    """The five basic sections, each with its statement of known absence or of no information."""
    def statement(loinc: str) -> AbsenceStatement:
        found = SECTIONS[loinc]
        code = found.known_absence if kind == "known_absence" else found.no_information
        return AbsenceStatement(code=Coded(code=code, code_system=ABSENT_UNKNOWN), kind=kind,
                                 # type: ignore[arg-type]
                                identifiers=(identifier(f"Z-{loinc}"),), time=None)
    return PatientSummary(header=header(), sections=tuple(section(loinc,
                                                                  statement(loinc)) for loinc in MANDATORY))


def pdf_summary(data: bytes = b"%PDF-1.7\n%%EOF\n") -> PatientSummary:
    """A level 1 document around some bytes."""
    return PatientSummary(header=replace(header(), level=1, template_ids=(TEMPLATE_L1,),
                                         identifier=identifier("HR-0001.L1")),
                          attachment=Attachment(media_type="application/pdf", data=data))
