"""`situate serve` as a process: what it says, how it ends, and that it finishes what was begun."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from tests.service.pictures import uploads

from situate.cli.app import main
from situate.client import Client

PATIENCE_S = 90.0
MANY_STEPS = '{"steps": 15}'


@contextmanager
def serving(*words, **environment):
    """Start a service at a free port, and wait until it listens; yields the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "situate", "serve", "--no-page", "--device", "cpu", "--port", "0", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        first = process.stderr.readline()
        port = re.search(r"listening at http://.*:(\d+), loading the model", first)
        assert port, first + process.stderr.read()
        yield process, f"http://127.0.0.1:{port[1]}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until_ready(url, token=None):
    end_s = time.monotonic() + PATIENCE_S
    with Client(url, token=token) as client:
        while not client.is_ready():
            assert time.monotonic() < end_s, "not ready"
            time.sleep(0.05)


def wait_until_composing(url):
    """Wait until the worker has begun a batch."""
    end_s = time.monotonic() + PATIENCE_S
    while "situate_batch_size_count 1.0" not in httpx.get(f"{url}/metrics", trust_env=False).text:
        assert time.monotonic() < end_s, "nothing is composed"
        time.sleep(0.02)


def ended(process):
    """Return the exit code and what else was said."""
    said = process.stderr.read()
    return process.wait(PATIENCE_S), said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_was_begun(number):
    with serving() as (process, url), ThreadPoolExecutor(1) as pool:
        wait_until_ready(url)
        about = {"files": uploads(), "data": {"options": MANY_STEPS}, "timeout": PATIENCE_S, "trust_env": False}
        composing = pool.submit(httpx.post, f"{url}/v1/compose", **about)
        wait_until_composing(url)
        process.send_signal(number)
        assert composing.result().status_code == 200
        assert ended(process) == (0, "")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz", trust_env=False)


def test_a_signal_ends_an_idle_service():
    with serving() as (process, url):
        wait_until_ready(url)
        process.terminate()
        assert ended(process) == (0, "")


def test_a_token_of_the_environment_is_asked_for():
    with serving(SITUATE_TOKEN="secret") as (_, url):  # noqa: S106 (made up)
        assert httpx.get(f"{url}/metrics", trust_env=False, timeout=PATIENCE_S).status_code == 401
        shown = {"Authorization": "Bearer secret"}
        assert httpx.get(f"{url}/metrics", headers=shown, trust_env=False).status_code == 200


def test_it_answers_to_the_name_of_a_proxy_that_is_allowed():
    with serving("--allow-host", "Here.example", "--allow-host", "::1", SITUATE_TOKEN="secret") as (_, url):  # noqa: S106 (made up)
        about = {"trust_env": False, "timeout": PATIENCE_S}
        shown = {"Host": "here.example", "X-Forwarded-Proto": "https"}
        page = httpx.get(f"{url}/?token=secret", headers=shown, **about)
        assert page.status_code == 303
        assert "Secure" in page.headers["set-cookie"]
        assert httpx.get(f"{url}/healthz", headers={"Host": "[::1]:80"}, **about).status_code == 200
        assert httpx.get(f"{url}/healthz", headers={"Host": "there.example"}, **about).status_code == 403


def test_a_model_folder_that_is_none_ends_it_with_a_clear_error(tmp_path):
    with serving("--model", str(tmp_path)) as (process, _):
        code, said = ended(process)
    assert code == 2
    assert said.count("\n") == 1
    assert said.startswith(f"error: {tmp_path}")


def test_serving_others_is_warned_of_and_ends_even_while_it_loads():
    with serving("--host", "0.0.0.0") as (process, url):  # noqa: S104 (that is what is warned of)
        warning = process.stderr.readline()
        assert httpx.get(f"{url}/healthz", trust_env=False, timeout=PATIENCE_S).status_code == 200
        process.terminate()
        assert ended(process) == (0, "")
    assert warning.startswith("warning: at 0.0.0.0 others can reach it: everybody, as there is no SITUATE_TOKEN")


def test_a_port_that_is_taken_is_an_error_in_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: cannot listen at 127.0.0.1, port {port} (")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--port", "99999"], "--port is 99999"),
        (["--port", "-1"], "--port is -1"),
        (["--host", "nowhere.invalid"], "cannot listen at nowhere.invalid"),
        (["--host", ""], "cannot listen at"),
        (["--batch", "0", "--deadline", "-1"], "--batch is 0; it must be above 0; --deadline is -1"),
        (["--allow-host", "https://here.example"], "--allow-host is 'https://here.example'; give a name"),
        (["--allow-host", "here.example:443"], "--allow-host is 'here.example:443'"),
        (["--allow-host", ""], "--allow-host is ''"),
        (["--max-megabytes", "nan"], "--max-megabytes is nan"),
        (["--max-megapixels", "inf"], "--max-megapixels is inf"),
        (["--max-megabytes", "0"], "--max-megabytes is 0"),
    ],
)
def test_options_that_make_no_sense_are_errors_in_one_line(words, reason, capsys):
    assert main(["serve", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert reason in said
    assert said.count("\n") == 1
