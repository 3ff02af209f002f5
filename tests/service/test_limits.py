"""The whole service at its limits: size, formats, a full queue, time; clients that go; errors that nobody foresaw."""

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.service.conftest import ON_PROCESSOR
from tests.service.pictures import BACKGROUND, file_of, scene, uploads
from tests.service.running import running, until

from situate.service import worker as worker_module
from situate.service.guard import SECURITY_HEADERS
from situate.service.settings import ServiceSettings
from situate.service.studio import Studio

LONG_S = 30.0
FAST = {"options": '{"top_k": 1}'}


@pytest.fixture(scope="module")
def narrow():
    """A service with room for one request beside the one that runs."""
    settings = ServiceSettings(runtime=ON_PROCESSOR, max_waiting=1, batch_shape=1, deadline_s=LONG_S)
    with running(settings) as service:
        yield service


@pytest.fixture
def clients():
    with ThreadPoolExecutor(4) as pool:
        yield pool


def failed(answer, status, kind):
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["type"] == kind
    assert "Traceback" not in answer.text
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert not [name for name in answer.headers if name.startswith("access-control")]
    return answer.json()["error"]["message"]


def places(live):
    return live.http.post("/v1/place", files=uploads(), data=FAST)


@contextmanager
def raw_request(live, *, is_whole=True):
    """Send a request through a socket of our own."""
    request = live.http.build_request("POST", "/v1/place", files=uploads(), data=FAST)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    body = request.read()
    with socket.create_connection(("127.0.0.1", live.port)) as connection:
        connection.sendall(f"POST /v1/place HTTP/1.1\r\n{head}\r\n".encode() + body[: None if is_whole else 1000])
        yield connection


def test_too_large_a_request_is_refused(live):
    message = failed(live.http.post("/v1/place", files=uploads(BACKGROUND + bytes(4_000_000))), 413, "too_large")
    assert "4 MB, which is the limit" in message


def test_too_large_a_request_in_chunks_is_refused(live):
    request = live.http.build_request("POST", "/v1/place", files=uploads(BACKGROUND + bytes(4_000_000)))
    body, kind = request.read(), {"Content-Type": request.headers["content-type"]}
    chunks = (body[start : start + 100_000] for start in range(0, len(body), 100_000))
    failed(live.http.post("/v1/place", content=chunks, headers=kind), 413, "too_large")


def test_too_many_pixels_are_refused(live):
    message = failed(
        live.http.post("/v1/place", files=uploads(file_of(scene(width=2000, height=1001)))), 422, "unusable"
    )
    assert "background is 2000 x 1001" in message


def test_a_damaged_picture_is_refused(live):
    assert "damaged" in failed(live.http.post("/v1/place", files=uploads(BACKGROUND[:500])), 422, "unusable")


@pytest.mark.parametrize("content", [b"", b"GIF89a and so on", b"%PDF-1.7", b"some text"])
def test_an_unknown_format_is_refused(live, content):
    message = failed(live.http.post("/v1/place", files=uploads(BACKGROUND, content)), 415, "unknown_format")
    assert "foreground" in message


def test_unknown_paths_and_methods_are_answered_the_same_way(live):
    failed(live.http.get("/v2/compose"), 404, "not_found")
    failed(live.http.get("/v1/compose"), 405, "wrong_method")


def test_a_full_queue_tells_clients_to_come_back(narrow, gate, clients):
    first = clients.submit(places, narrow)
    gate.wait_until_reached()
    second = clients.submit(places, narrow)
    until(lambda: narrow.worker.num_waiting == 1)
    refused = places(narrow)
    assert "1 requests wait already" in failed(refused, 429, "busy")
    assert int(refused.headers["retry-after"]) >= 1
    gate.is_open.set()
    assert [one.result(LONG_S).status_code for one in (first, second)] == [200, 200]


def test_who_goes_while_waiting_leaves_the_place_to_another(narrow, gate, clients):
    first = clients.submit(places, narrow)
    gate.wait_until_reached()
    with raw_request(narrow):
        until(lambda: narrow.worker.num_waiting == 1)
        failed(places(narrow), 429, "busy")
    until(lambda: narrow.worker.num_waiting == 0)
    third = clients.submit(places, narrow)
    until(lambda: narrow.worker.num_waiting == 1)
    gate.is_open.set()
    assert [one.result(LONG_S).status_code for one in (first, third)] == [200, 200]
    assert 'situate_requests_total{path="/v1/place",status="499"} 1.0' in narrow.http.get("/metrics").text


def test_who_goes_while_sending_does_no_harm(narrow):
    with raw_request(narrow, is_whole=False):
        pass
    assert places(narrow).status_code == 200


def test_what_takes_longer_than_the_deadline_is_given_up(gate, clients):
    with running(ServiceSettings(runtime=ON_PROCESSOR, deadline_s=0.5)) as service:
        assert "0.5 s" in failed(places(service), 504, "too_late")
        gate.is_open.set()
        until(lambda: service.worker.num_waiting == 0)
        assert service.http.get("/readyz").status_code == 200


def test_an_error_that_nobody_foresaw_is_told_without_its_traceback(live, monkeypatch, caplog):
    async def breaks(*_):
        raise RuntimeError("a secret in /a/folder")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "situate.service.failures"):
        patch.setattr(Studio, "place", breaks)
        answer = places(live)
    message = failed(answer, 500, "failed")
    assert "secret" not in answer.text
    assert "log of the service" in message
    assert "a secret in /a/folder" in caplog.text
    assert places(live).status_code == 200


def test_an_error_in_the_worker_is_told_without_its_traceback(live, monkeypatch):
    def breaks(*_):
        raise ZeroDivisionError("a secret")

    with monkeypatch.context() as patch:
        patch.setattr(worker_module, "predictions", breaks)
        answer = places(live)
    failed(answer, 500, "failed")
    assert "secret" not in answer.text
    assert places(live).status_code == 200


def test_while_the_model_is_loaded_requests_are_told_to_come_back(live, monkeypatch):
    monkeypatch.setattr(live.service.opening, "_studio", None)
    answer = places(live)
    assert "being loaded" in failed(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert live.http.get("/readyz").status_code == 503
    assert live.http.get("/healthz").json() == {"status": "alive"}


def test_a_service_on_its_way_down_takes_nothing_more():
    with running(ServiceSettings(runtime=ON_PROCESSOR)) as service:
        service.service.refuse()
        assert "stopping" in failed(places(service), 503, "unavailable")
        failed(service.http.get("/v1/model"), 503, "unavailable")


def test_a_length_that_is_no_number_is_refused(live):
    with socket.create_connection(("127.0.0.1", live.port)) as connection:
        connection.sendall(b"POST /v1/place HTTP/1.1\r\nHost: localhost\r\nContent-Length: \xb2\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
