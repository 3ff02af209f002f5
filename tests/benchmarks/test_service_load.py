"""The load test of the service: what it counts, and one run on small things."""

import json
import threading
import time

import httpx
import load
import pytest
import served
from tests.pipeline.models import publish_untrained

import service

NO_MEMORY = 0.0


def loaded(answer, num=6, num_clients=2, until_s=float("inf")):
    """Ask a service that answers by `answer`, and keep what came."""
    tally = load.Tally()
    asked = [load.Asked(b"background", b"foreground", seed) for seed in range(num)]
    load.load(
        asked,
        num_clients,
        until_s,
        open_client=lambda: httpx.Client(transport=httpx.MockTransport(answer), base_url="http://test"),
        memory_mib=lambda: NO_MEMORY,
        tally=tally,
    )
    return tally


def test_every_request_is_asked_once_and_timed():
    tally = loaded(lambda request: httpx.Response(200, content=request.read()[-40:]))
    assert sorted(tally.digests) == list(range(6))
    assert len(tally.latencies_s) == 6
    assert all(number <= 6 for number, _ in tally.held)
    assert (tally.num_busy, tally.errors) == (0, [])
    assert tally.seconds > 0


def test_a_client_that_is_told_to_come_back_does():
    lock, answers = threading.Lock(), [429, 429, 200, 200, 200]

    def answer(_):
        with lock:
            return httpx.Response(answers.pop(0), headers={"Retry-After": "0"})

    tally = loaded(answer, num=3)
    assert (len(tally.latencies_s), tally.num_busy, tally.errors) == (3, 2, [])


@pytest.mark.parametrize("status", [422, 500, 503])
def test_any_other_answer_is_an_error(status):
    tally = loaded(lambda _: httpx.Response(status, text="why"), num=1)
    assert tally.errors == [f"{status}: why"]
    assert tally.latencies_s == []


def test_a_service_that_is_gone_is_an_error():
    def answer(request):
        raise httpx.ConnectError("refused", request=request)

    assert loaded(answer, num=1).errors == ["ConnectError: refused"]


def test_nothing_is_asked_after_the_time_is_over():
    assert loaded(lambda _: httpx.Response(200), until_s=time.perf_counter()).digests == {}


def test_requests_pair_every_background_with_every_foreground():
    asked = load.asked_for(48)
    assert len({(one.background, one.foreground) for one in asked}) == 48
    assert [one.seed for one in asked] == list(range(48))


def test_a_service_that_does_not_start_says_why(tmp_path):
    options = ["--model", str(tmp_path / "nothing")]
    with pytest.raises(SystemExit, match="(?s)not ready.*nothing"), served.served(options, tmp_path / "log"):
        pass


@pytest.mark.slow
def test_the_service_is_timed_beside_the_composer(tmp_path, capsys):
    model = publish_untrained(tmp_path / "model")
    kept = tmp_path / "found.json"
    service.main(model, num=8, clients=3, batch=2, rounds=2, starts=2, json=kept)
    rates, answers, memory, starts = json.loads(kept.read_text())["tables"]
    assert [row[1] for row in rates["rows"]] == [8, 8, 8]
    assert all(value > 0 for row in rates["rows"] for value in row[1:])
    assert "Of 8 pictures 0 differ" in rates["notes"][1]
    assert answers["rows"][0][:3] == ["8", 0, 0]
    assert all(value > 100 for value in memory["rows"][0][1:])
    assert starts["rows"][0][0] == "2"
    assert "round 2 of 2" in capsys.readouterr().err


@pytest.mark.slow
def test_requests_that_fail_make_the_run_fail(tmp_path, monkeypatch):
    model = publish_untrained(tmp_path / "model")
    monkeypatch.setattr(load, "EXAMPLES", tmp_path)
    for name in ("backgrounds/a.jpg", "foregrounds/a.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"no picture")
    monkeypatch.setattr(load, "_resized", lambda path: path.read_bytes())
    monkeypatch.setattr(service, "apart_from_here", lambda *_: {0: ""})
    with pytest.raises(SystemExit, match="2 requests have failed, such as: 415"):
        service.main(model, num=2, clients=1, rounds=1, starts=1)
