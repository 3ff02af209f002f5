"""Limits, tokens, origins and headers: what every request passes first."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from tests.service.running import asked

from situate.service.guard import COOKIE, SECURITY_HEADERS, Guard
from situate.service.settings import ServiceSettings

TOKEN = "open-sesame-&-more"  # noqa: S105 (made up)
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


async def size_of_body(scope, receive, send):
    """An application that answers with how many bytes it was sent."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)), headers={"Access-Control-Allow-Origin": "*"})(scope, receive, send)


async def never(scope, receive, send):
    await asyncio.Event().wait()


def guarded(app=size_of_body, **settings):
    return Guard(app, ServiceSettings(**settings))


def chunks(count, size=100):
    async def sent():
        for _ in range(count):
            yield b"x" * size

    return sent()


def error_of(answer):
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"type", "message"}
    return answer.json()["error"]


@pytest.mark.parametrize("path", ["/v1/place", "/elsewhere"])
def test_a_body_that_says_it_is_too_large_is_refused(path):
    answer = asked(guarded(max_body_bytes=1_000_000), "POST", path, content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert "1 MB, which is the limit" in error_of(answer)["message"]


@pytest.mark.parametrize("path", ["/v1/place", "/elsewhere"])
def test_a_body_of_unknown_size_is_refused_once_it_is_too_large(path):
    answer = asked(guarded(max_body_bytes=1000), "POST", path, content=chunks(11))
    assert answer.status_code == 413
    assert error_of(answer)["type"] == "too_large"


def test_a_body_of_just_the_limit_is_taken():
    assert asked(guarded(max_body_bytes=1000), "POST", "/v1/place", content=chunks(10)).text == "1000"


def test_what_takes_longer_than_the_deadline_is_given_up():
    answer = asked(guarded(never, deadline_s=0.05), "POST", "/v1/compose")
    assert answer.status_code == 504
    assert "0.05 s" in error_of(answer)["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"{COOKIE}=wrong"},
        # What is no cookie at all must not end in an error of ours.
        {"Cookie": "\x7f;;=;\u00e9=[;"},
        {"Authorization": "Bearer \u00e9\u00fc"},
    ],
)
def test_without_the_token_there_is_no_answer(headers):
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = asked(guarded(token=TOKEN), "POST", "/v1/compose", headers=encoded)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "SITUATE" not in answer.text
    assert "Authorization: Bearer" in error_of(answer)["message"]


@pytest.mark.parametrize("headers", [SHOWN, {"Authorization": f"bearer {TOKEN}"}, {"Cookie": f'{COOKIE}="{TOKEN}"'}])
def test_with_the_token_there_is_an_answer(headers):
    assert asked(guarded(token=TOKEN), "POST", "/v1/compose", headers=headers).status_code == 200


def test_opening_the_page_with_the_token_sets_a_cookie_that_scripts_cannot_read():
    answer = asked(guarded(token=TOKEN), "GET", "/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    sent = {"Cookie": cookie.split(";")[0]}
    assert asked(guarded(token=TOKEN), "POST", "/v1/compose", headers=sent).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/?token=wrong"), ("GET", "/v1/model"), ("POST", "/")])
def test_a_token_in_the_address_counts_for_the_page_only(method, path):
    answer = asked(guarded(token=TOKEN), method, path, params=None if "?" in path else {"token": TOKEN})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whether_it_lives_is_told_without_a_token(path):
    assert asked(guarded(token=TOKEN), "GET", path).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "http://localhost:1", "null", "", "http://localhost.elsewhere.example", "http://["],
)
def test_a_page_of_another_site_gets_nothing(origin):
    answer = asked(guarded(), "POST", "/v1/compose", headers={"Origin": origin})
    assert answer.status_code == 403
    assert error_of(answer)["type"] == "other_site"


def test_the_own_page_is_answered():
    assert asked(guarded(), "POST", "/v1/compose", headers={"Origin": "http://localhost"}).status_code == 200


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example:80", "", "[", "[::1", "a:b:c"])
def test_a_local_service_answers_to_local_names_only(host):
    answer = asked(guarded(), "GET", "/v1/model", headers={"Host": host})
    assert answer.status_code == 403
    assert error_of(answer)["type"] == "other_site"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_a_local_service_has_several_names(host):
    assert asked(guarded(), "GET", "/v1/model", headers={"Host": host}).status_code == 200


def test_a_refusal_says_under_which_names_it_answers():
    answer = asked(guarded(host_names=("localhost", "here.example")), "GET", "/v1/model", headers={"Host": "There:80"})
    assert error_of(answer)["message"].startswith(
        "it was asked for as 'there', and answers to localhost, here.example;"
    )


def test_a_service_answers_to_the_name_of_its_proxy_only():
    behind = guarded(host_names=("localhost", "here.example"))
    assert asked(behind, "GET", "/v1/model", headers={"Host": "here.example:443"}).status_code == 200
    assert asked(behind, "GET", "/v1/model", headers={"Host": "not.here.example"}).status_code == 403


def test_a_service_for_others_answers_to_any_name():
    there = {"Host": "elsewhere.example"}
    assert asked(guarded(host_names=None), "GET", "/v1/model", headers=there).status_code == 200


def test_a_page_of_another_site_gets_nothing_of_a_service_for_others():
    asking = {"Host": "here.example", "Origin": "https://elsewhere.example"}
    assert asked(guarded(host_names=None), "POST", "/v1/compose", headers=asking).status_code == 403


@pytest.mark.parametrize(
    ("app", "about", "status"),
    [
        (size_of_body, {}, 200),
        (size_of_body, {"headers": {"Origin": "http://elsewhere.example"}}, 403),
        (size_of_body, {"content": b"x" * 2000}, 413),
        (never, {}, 504),
        (Response(status_code=404), {}, 404),
    ],
)
def test_every_answer_has_headers_that_browsers_heed(app, about, status):
    answer = asked(guarded(app, max_body_bytes=1000, deadline_s=0.2), "POST", "/v1/compose", **about)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control")]
