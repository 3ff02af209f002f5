"""What the page's own requests could be bent to: files of the machine, other machines, other sites."""

import json
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import httpx
import pytest

CONTENT = "nobody is to read this"
MANY_FUNCTIONS = 5


@contextmanager
def machine_that_counts() -> Iterator[tuple[str, list[str]]]:
    """Another machine; yields its address and who came."""
    visits: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as at:

        def take() -> None:
            try:
                while True:
                    with at.accept()[0] as visitor:
                        visits.append(visitor.recv(200).decode(errors="replace"))
            except OSError:
                return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{at.getsockname()[1]}/picture.png", visits
        at.shutdown(socket.SHUT_RDWR)


def asked_with(address: str, path: str) -> str:
    """Send `path` as the file of every action of the page that takes pictures; return all that it answers."""
    told = ""
    with httpx.Client(base_url=f"{address}/page", timeout=60) as http:
        config = http.get("/config").json()
        kinds = {one["id"]: one["type"] for one in config["components"]}
        asked = 0
        for action in config["dependencies"]:
            if "image" not in [kinds[one] for one in action["inputs"]]:
                continue
            asked += 1
            data = [_value(kinds[one], path) for one in action["inputs"]]
            session = secrets.token_hex(5)
            body = {"data": data, "fn_index": action["id"], "session_hash": session, "event_data": None}
            joined = http.post("/gradio_api/queue/join", json=body)
            told += joined.text
            if not joined.is_success:
                continue
            with http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer:
                for line in answer.iter_lines():
                    told += line
                    if "process_completed" in line or "close_stream" in line:
                        break
    assert asked >= MANY_FUNCTIONS
    return told


def _value(kind: str, path: str) -> object:
    file = {"path": path, "url": path, "orig_name": "a.png", "meta": {"_type": "gradio.FileData"}}
    return {
        "image": file,
        "file": [file],
        "textbox": "",
        "checkbox": False,
        "number": 0,
        "slider": 1,
        "radio": "all",
    }.get(kind)


def test_a_file_that_was_uploaded_is_taken(address: str):
    """That the tests below can fail."""
    content = (Path(str(resources.files("situate"))) / "examples" / "backgrounds" / "park.jpg").read_bytes()
    files = {"files": ("a.jpg", content, "image/jpeg")}
    (path,) = httpx.post(f"{address}/page/gradio_api/upload", files=files).json()
    assert '"success":true' in asked_with(address, path).replace(" ", "")


def test_files_of_the_machine_are_not_read(address: str, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_text(CONTENT)
    told = asked_with(address, str(secret))
    assert CONTENT not in told
    assert '"success":true' not in told.replace(" ", "")


def test_addresses_are_not_fetched(address: str):
    with machine_that_counts() as (url, visits):
        told = asked_with(address, url)
    assert visits == []
    assert '"success":true' not in told.replace(" ", "")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd"])
def test_the_page_gives_out_its_own_files_only(address: str, path: str):
    answer = httpx.get(f"{address}/page/gradio_api/file={path}")
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text


def test_other_sites_cannot_upload(address: str):
    files = {"files": ("a.png", b"x", "image/png")}
    answer = httpx.post(f"{address}/page/gradio_api/upload", files=files, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_nothing_is_told_of_actions_to_programs(address: str):
    described = httpx.get(f"{address}/page/gradio_api/info").json()
    assert json.dumps(described.get("named_endpoints", {})) == "{}"
