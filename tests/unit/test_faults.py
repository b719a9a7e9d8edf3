"""The fault catalogue as data: names, parameters and stages are checked before anything is spoilt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from ehdsi import mtom, xml
from ehdsi.errors import LocalError
from simulators.faults import STAGES, STEPS, FaultSet, catalogue, catalogue_entry, read_catalogue
from simulators.faults_apply import PREFIXES, edit_bytes, edit_document, edit_request, edit_response
from simulators.http import HttpRequest, HttpResponse

GOOD = 'family = "x"\nsteps = ["ITI-55"]\ntransform = "delay"\ndescription = "d"\n'


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_entry_is_complete(name: str) -> None:
    """Every entry says what it does, which rule it breaks, and its XPath compiles."""
    fault = catalogue()[name]
    assert fault.description.endswith(".") and fault.requirement
    assert fault.transform in STAGES and set(fault.steps) <= set(STEPS)
    if "path" in fault.parameters:
        etree.XPath(str(fault.parameters["path"]), namespaces=dict(PREFIXES))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a", "not valid TOML"),
        ('[a]\nfamily = "x"\n', "fault a: the key 'description' is missing"),
        (f"[a]\n{GOOD}colour = 1\n", "unknown key 'colour'"),
        (f"[a]\n{GOOD}parameters = {{ second = 1 }}\n", "unknown parameter 'second' for delay"),
        (f"[a]\n{GOOD}parameters = {{ seconds = 'x' }}\n", "expected int or float, got str"),
        (f"[a]\n{GOOD.replace('delay', 'explode')}", "unknown transform 'explode'"),
        (f"[a]\n{GOOD.replace('ITI-55', 'ITI-1')}", "steps must be some of"),
    ],
)
def test_broken_catalogue_says_what_is_wrong(text: str, message: str) -> None:
    """A mistake in the data is found at loading time and named with file, fault and key."""
    with pytest.raises(LocalError, match=message) as caught:
        read_catalogue(text, "faults.toml")
    assert "faults.toml" in str(caught.value)


def test_unknown_fault_names_its_neighbours() -> None:
    """A typing mistake is answered with the names that look alike."""
    with pytest.raises(LocalError, match="latency"):
        catalogue_entry("latencyy")


def test_fault_set_filters_by_step_patient_and_number() -> None:
    """A fault acts where, for whom and as often as it was told, in the order of the stages."""
    faults = FaultSet()
    faults.add("latency", steps=("ITI-38",), patient="HR-1", times=1)
    faults.add("soap-fault")
    assert [fault.name for fault in faults.take("ITI-55", "HR-1")] == ["soap-fault"]
    assert [fault.name for fault in faults.take("ITI-38", "HR-2")] == ["soap-fault"]
    assert [fault.name for fault in faults.take("ITI-38", "HR-1", spend=False)] == ["soap-fault", "latency"]
    assert [fault.name for fault in faults.take("ITI-38", "HR-1")] == ["soap-fault", "latency"]
    assert [fault.name for fault in faults.take("ITI-38", "HR-1")] == ["soap-fault"]
    faults.clear()
    assert faults.take("ITI-38", "HR-1") == ()


def test_fault_set_refuses_what_cannot_work() -> None:
    """A step that a fault does not have, and two faults on one place, are mistakes of the caller."""
    faults = FaultSet()
    with pytest.raises(LocalError, match="does not show in ITI-55"):
        faults.add("registry-error", steps=("ITI-55",))
    faults.add("latency")
    with pytest.raises(LocalError, match="change the same place"):
        faults.add("timeout")


def test_parameters_can_be_changed_but_not_invented() -> None:
    """A test chooses its own seconds; a parameter that the kind does not know is refused."""
    assert catalogue_entry("latency").with_parameters(seconds=9).parameters["seconds"] == 9
    with pytest.raises(LocalError, match="unknown parameter 'hours'"):
        catalogue_entry("latency").with_parameters(hours=1)


def _fault(transform: str, **parameters: object):
    shown = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
    head = GOOD.replace("delay", transform)
    text = f"[f]\n{head}[f.parameters]\n{shown}"
    return read_catalogue(text, "test")["f"]


@pytest.mark.parametrize(
    ("transform", "parameters", "expected"),
    [
        ("xpath-set", {"path": "//h:b/@c", "value": "2"}, b'<b c="2">x</b><b c="1"/>'),
        ("xpath-set", {"path": "//h:b/@c", "value": "2", "which": "all"}, b'<b c="2">x</b><b c="2"/>'),
        ("xpath-set", {"path": "//h:b", "value": "y", "which": 2}, b'<b c="1">x</b><b c="1">y</b>'),
        (
            "xpath-set",
            {"path": "//h:b", "markup": '<z xmlns="urn:hl7-org:v3"/>'},
            b'<b c="1">x<z/></b><b c="1"/>',
        ),
        ("xpath-remove", {"path": "//h:b/@c"}, b'<b>x</b><b c="1"/>'),
        ("xpath-remove", {"path": "//h:b", "which": "all"}, b""),
        ("xpath-duplicate", {"path": "//h:b[1]"}, b'<b c="1">x</b><b c="1">x</b><b c="1"/>'),
        ("xpath-remove", {"path": "//h:none"}, b'<b c="1">x</b><b c="1"/>'),
    ],
)
def test_tree_edits(transform: str, parameters: dict[str, object], expected: bytes) -> None:
    """Set, remove and duplicate do what they say to attributes and elements, first, nth or all."""
    source = b'<a xmlns="urn:hl7-org:v3"><b c="1">x</b><b c="1"/></a>'
    got = xml.serialise(xml.parse(edit_document([_fault(transform, **parameters)], source)))
    wanted = xml.parse(b'<a xmlns="urn:hl7-org:v3">' + expected + b"</a>")
    assert got == xml.serialise(wanted)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"operation": "body", "text": "t"}, b"t"),
        ({"operation": "prepend", "text": "t"}, "t<a>é</a>".encode()),
        ({"operation": "cut_end", "count": 4}, "<a>é".encode()),
        ({"operation": "recode", "encoding": "iso-8859-1"}, "<a>é</a>".encode("latin-1")),
        ({"operation": "replace", "find": "a>", "by": "b>", "count": 1}, "<b>é</a>".encode()),
        (
            {"operation": "doctype", "subset": "<!ENTITY x 'y'>", "reference": "&x;"},
            "<!DOCTYPE root [<!ENTITY x 'y'>]><a>&x;é</a>".encode(),
        ),
    ],
)
def test_byte_edits(parameters: dict[str, object], expected: bytes) -> None:
    """Each operation on bytes gives the bytes that its name promises."""
    assert edit_bytes([_fault("mime", **parameters)], "<a>é</a>".encode()) == expected


@pytest.mark.parametrize(
    ("parameters", "sent", "understood"),
    [
        ({"operation": "substitute", "find": "<!DOCTYPE.*?>", "by": ""}, b"<!DOCTYPE a><a/>", b"<a/>"),
        ({"operation": "guess_encoding"}, "é".encode("latin-1"), "é".encode()),
        ({"operation": "guess_encoding"}, "é".encode(), "é".encode()),
    ],
)
def test_requests_are_misread(parameters: dict[str, object], sent: bytes, understood: bytes) -> None:
    """A reader that forgives too much understands something else than was sent; the rest stays as it was."""
    request = HttpRequest(method="POST", path="/x", body=sent)
    got = edit_request([_fault("read", **parameters), catalogue_entry("latency")], request)
    assert got == replace(request, body=understood)


def test_the_last_part_of_a_package_is_encoded() -> None:
    """Only the last part is encoded, its header says so, and what is no package stays."""
    kind, package = mtom.join(b"<root/>", {"one": b"<a/>", "two": b"<b/>" * 40}, boundary="b")
    coded = edit_bytes([_fault("mime", operation="encode_last_part")], package)
    assert coded.count(b"Content-Transfer-Encoding: base64") == 1 and b"<b/>" not in coded
    parts = mtom.split(kind, coded).parts
    assert (parts["one"].read(), parts["two"].read()) == (b"<a/>", b"<b/>" * 40)
    assert edit_bytes([_fault("mime", operation="encode_last_part")], b"plain") == b"plain"


def test_an_entry_is_like_another_but_for_what_it_says() -> None:
    """What an entry leaves out comes from its model; a model that is not there, or has one, is a mistake."""
    head = f'[a]\n{GOOD}requirement = ["R"]\n[b]\nlike = "a"\nsteps = ["ITI-39"]\n'
    found = read_catalogue(head, "test")
    assert (found["b"].requirement, found["b"].transform, found["b"].steps) == (("R",), "delay", ("ITI-39",))
    assert found["a"].steps == ("ITI-55",) and found["b"].name == "b"
    for wrong in ('[c]\nlike = "nobody"\n', '[c]\nlike = "b"\n'):
        with pytest.raises(LocalError, match=r"fault c: .* is no entry of this file to be like"):
            read_catalogue(head + wrong, "test")


def test_faults_wait_for_a_promised_behaviour_or_an_unreadable_request() -> None:
    """One acts only where the pack promises a refusal, the other only after a request made no sense."""
    faults, others = FaultSet(), FaultSet()
    faults.add("ret-consent-forgotten")
    others.add("rob-unread-lasting")
    assert faults.take("ITI-39", "HR-1", behaviour="ok") == ()
    assert [one.name for one in faults.take("ITI-39", "HR-5", behaviour="no_consent")] == [
        "ret-consent-forgotten"
    ]
    assert others.take("ITI-55", "HR-1", behaviour="ok") == ()
    others.refusing("ITI-55", "MalformedXml", HttpRequest(method="POST", path="/x"))
    assert [one.name for one in others.take("ITI-55", "HR-1", behaviour="ok")] == ["rob-unread-lasting"]


def test_unknown_operation_is_refused() -> None:
    """An operation that is not implemented is a sentence, not a KeyError."""
    with pytest.raises(LocalError, match="unknown operation 'melt'"):
        edit_bytes([_fault("mime", operation="melt")], b"")


def test_headers_status_and_delivery() -> None:
    """Header faults change lines and status; delays add up; a cut says where."""
    faults = [
        _fault("header", status=500, remove="x-old"),
        catalogue_entry("latency"),
        catalogue_entry("http-reset-mid-body"),
    ]
    response = edit_response(faults, HttpResponse(headers=(("X-Old", "1"), ("content-type", "a/b"))))
    assert (response.status, response.headers) == (500, (("content-type", "a/b"),))
    assert (response.delivery.delay, response.delivery.cut_at, response.delivery.reset) == (2.0, 0.5, True)
