"""The pytest plugin as another project sees it: fixtures by country, reset per test, cheap when not used."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

HEAVY = ("lxml", "cryptography", "httpx", "uvicorn", "countries", "ehdsi", "respx")


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A foreign project that wants two countries."""
    pytester.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def ncpeh_countries():
            return ("HR", "EE")
        """)
    return pytester


def test_fixtures_answer_and_are_reset(project: pytest.Pytester) -> None:
    """A test gets a running country; what one test broke, the next one does not see."""
    project.makepyfile("""
        import httpx, pytest

        def test_hr(ncp_hr, ncpeh_world):
            with httpx.Client(verify=ncpeh_world.pki.client_context(ncpeh_world.pki.gateway_tls)) as client:
                assert client.post(ncp_hr.endpoints.xcpd, content=b"x").status_code == 415
            assert ncp_hr.received.total == 1
            ncp_hr.faults.add("timeout")

        def test_again(ncp_hr, ncps):
            assert (ncp_hr.received.total, ncp_hr.faults.active) == (0, ())
            assert set(ncps) == {"HR", "EE"} and ncps["HR"] is ncp_hr

        def test_absent(request):
            from ehdsi.errors import LocalError
            with pytest.raises(LocalError, match="not in this world"):
                request.getfixturevalue("ncp_pt")
        """)
    project.runpytest_subprocess("-p", "no:locust").assert_outcomes(passed=3)


def test_world_without_sockets(project: pytest.Pytester) -> None:
    """Through respx the same simulators answer in the process itself, faults included."""
    project.makepyfile("""
        import httpx, pytest

        def test_in_process(ncpeh_respx):
            ncp = ncpeh_respx.ncp("HR")
            answer = httpx.post(ncp.endpoints.xcpd, content=b"<a/>",
                                headers={"content-type": "application/soap+xml"})
            assert answer.status_code == 400 and b"Fault" in answer.content
            from ehdsi import smp
            url = ncpeh_respx.smp_url + smp.service_metadata_path(
                smp.participant("HR"), smp.XCPD.document_identifier)
            assert httpx.get(url).status_code == 200
            with ncpeh_respx.smp.fault_set("HR").acting("timeout"), pytest.raises(httpx.ReadTimeout):
                httpx.get(url)
        """)
    project.runpytest_subprocess("-p", "no:locust").assert_outcomes(passed=1)


def test_mode_is_an_option(project: pytest.Pytester) -> None:
    """One option turns all countries into OpenNCP-like ones."""
    project.makepyfile(
        "def test_mode(ncpeh_world): assert 'audience-ignored' in ncpeh_world.ncp('HR').quirks"
    )
    project.runpytest_subprocess("-p", "no:locust", "--ncpeh-mode", "openncp-like").assert_outcomes(passed=1)


def test_plugin_costs_nothing_when_not_used() -> None:
    """Every pytest run on the machine loads this file: it must import nothing heavy."""
    code = f"import sys, simulators.pytest_plugin; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
