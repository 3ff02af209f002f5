"""Gradio fetches nothing for a client, and leaves its files where they belong."""

import asyncio
import os
from contextlib import nullcontext

import pytest

pytest.importorskip("gradio", reason="the extra `serve` is not installed")

import safehttpx
from gradio import processing_utils
from gradio.route_utils import secure_url_stream_response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from situate.service.page.offline import at_home

# An address of the outside, which Gradio itself has nothing against; a name would have to be looked up first.
ADDRESS = "http://93.184.215.14/picture.png"


def test_an_address_in_place_of_a_file_is_not_fetched(tmp_path):
    with at_home(str(tmp_path)), pytest.raises(ValueError, match="addresses are not fetched"):
        asyncio.run(processing_utils.async_ssrf_protected_download(ADDRESS, str(tmp_path)))


@pytest.mark.parametrize("is_at_home", [True, False])
def test_nor_is_it_handed_through(tmp_path, monkeypatch, is_at_home: bool):
    opened: list[str] = []

    def transport(address: str) -> object:
        opened.append(address)
        raise HTTPException(502)

    monkeypatch.setattr(safehttpx, "AsyncSecureTransport", transport)
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    with at_home(str(tmp_path)) if is_at_home else nullcontext(), pytest.raises(HTTPException):
        asyncio.run(secure_url_stream_response(ADDRESS, request))
    assert opened == ([] if is_at_home else ["93.184.215.14"])


def test_everything_is_as_before_afterwards(tmp_path, monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    before = safehttpx.get
    with at_home(str(tmp_path)):
        assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path)
        assert safehttpx.get is not before
    assert "GRADIO_TEMP_DIR" not in os.environ
    assert safehttpx.get is before
