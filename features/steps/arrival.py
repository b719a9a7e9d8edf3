"""Coming in and going out: login, activity, session, logout."""

from datetime import timedelta

from pytest_bdd import given, parsers, then, when

#: A telephone and a browser of long ago, as they introduce themselves.
DEVICES = {
    "a telephone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148",
    "a tablet": "Mozilla/5.0 (Linux; Android 15; Tablet) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
    "a browser of ten years ago": "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 Chrome/49.0 Safari/537.36",
    "Internet Explorer": "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko",
}


@given(parsers.parse("a professional in front of {device}"), target_fixture="doctor")
def professional_with_device(stage, device):
    return stage.clinician(agent=DEVICES[device])


@given("a professional who is not logged in", target_fixture="doctor")
def professional(stage):
    return stage.clinician()


@given("a professional who has never been here", target_fixture="doctor")
def newcomer(stage):
    assert not stage.portal.informed
    return stage.clinician()


@given(parsers.parse("{who} is logged in"), target_fixture="doctor")
def logged_in(stage, who):
    doctor = stage.clinician()
    doctor.log_in(who)
    doctor.choose_activity()
    return doctor


@given(parsers.parse("{who} has identified with Pro Santé Connect"), target_fixture="doctor")
def identified(stage, who):
    doctor = stage.clinician()
    doctor.log_in(who)
    return doctor


@given(parsers.parse("{who} has come to the page of identities"), target_fixture="doctor")
def at_identities(stage, who):
    doctor = stage.clinician()
    doctor.go_to_login()
    doctor.choose(who)
    return doctor


@given(parsers.parse("a colleague, {who}, works at another computer"), target_fixture="colleague")
def colleague_logged_in(stage, who):
    colleague = stage.clinician()
    colleague.log_in(who)
    colleague.choose_activity()
    return colleague


@when("the home page is opened")
def open_home(doctor):
    doctor.open()


@when("the professional asks to log in")
def ask_to_log_in(doctor):
    doctor.visit("/connexion")


@when(parsers.parse("{who} logs in"))
def log_in(doctor, who):
    doctor.log_in(who)


@when("the professional logs in again")
def log_in_again(doctor):
    doctor.log_in("Dr Ada Exemple")
    doctor.choose_activity()


@when(parsers.parse('the button "{button}" is pressed'))
def press(doctor, button):
    doctor.press(button)


@when(parsers.parse('the link "{link}" is followed'))
def follow(doctor, link):
    doctor.follow(link)


@when(parsers.parse('the activity "{place}" is chosen'))
def choose_activity(doctor, place):
    doctor.choose_activity(place)


@when("the information about recorded accesses is passed over")
def pass_over_terms(doctor):
    doctor.go_to_login()
    doctor.pick_identity("Dr Ada Exemple")
    doctor.press("Continuer")


@when(parsers.parse("{minutes:d} minutes go by"))
def minutes_go_by(stage, minutes):
    stage.pass_time(timedelta(minutes=minutes))


@when(parsers.parse("{hours:d} hours of work go by"))
def hours_go_by(stage, doctor, hours):
    for _ in range(hours * 6):
        stage.pass_time(timedelta(minutes=10))
        doctor.visit("/pays")


@when("the page is asked for again")
def reload(doctor):
    doctor.visit(doctor.page.address)


@when("the professional goes back")
def go_back(doctor):
    doctor.back()


@when("the professional logs out")
def log_out(doctor):
    doctor.log_out()


@when("Pro Santé Connect ends the session of everybody")
def back_channel_logout(stage):
    stage.end_logins()


@when("the session is prolonged")
def prolong(doctor):
    doctor.press("Prolonger")


@when("the answer of Pro Santé Connect is opened a second time")
def replay_callback(stage, doctor):
    doctor.visit(stage.last_callback(doctor))


@when("an answer of Pro Santé Connect comes that nobody asked for")
def forged_callback(doctor):
    doctor.visit("/auth/callback?code=forged&state=forged")


@when("an activity of somebody else is sent")
def forged_activity(doctor):
    field = next(one for one in doctor.page.fields if one.name == "activite")
    doctor.send_raw("Continuer", {field.name: "forged"})


@then("the browser keeps no cookie of a session")
def no_session_cookie(doctor):
    assert not doctor.cookies().get("__Host-session")


@then("the browser has a cookie of a new session")
def new_session_cookie(doctor):
    assert doctor.cookies()["__Host-session"]


@then("no session is open")
def no_session(stage):
    assert not list(stage.portal.sessions)


@then("one session is open")
def one_session(stage):
    assert len(list(stage.portal.sessions)) == 1


@then(parsers.parse('the header names "{who}" and "{place}"'))
def header_names(doctor, who, place):
    assert doctor.page.says(f"{who} · ") and doctor.page.says(f" · {place}")


@when("the address is kept", target_fixture="kept")
def keep_address(doctor):
    return doctor.page.address


@when("the address is kept and the professional logs out", target_fixture="kept")
def keep_and_log_out(doctor):
    address = doctor.page.address
    doctor.log_out()
    return address


@when("the address is kept and the consultation is ended", target_fixture="kept")
def keep_and_finish(doctor):
    address = doctor.page.address
    doctor.finish()
    return address


@when("the kept address is opened")
def open_kept(doctor, kept):
    doctor.visit(kept)


@when(parsers.parse("{hours:d} hours of reading go by"))
def hours_of_reading(stage, doctor, hours):
    for _ in range(hours * 6):
        stage.pass_time(timedelta(minutes=10))
        doctor.visit(doctor.page.address)
