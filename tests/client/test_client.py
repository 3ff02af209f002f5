"""The client against a service that runs, one that wants a token, and none at all."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO

import httpx
import pytest
from tests.service.conftest import ON_PROCESSOR
from tests.service.pictures import BACKGROUND, FOREGROUND, HEIGHT, WIDTH, mask, pixels_of
from tests.service.running import running
from tests.service.zips import CUTOUTS, DATASET, NAMES

from situate.client import AugmentOptions, Client, ComposeOptions, PlaceOptions, ServiceError
from situate.errors import SituateError
from situate.pipeline.options import DEFAULT_STEPS
from situate.service.settings import ServiceSettings

TOKEN = "not-easily-guessed"  # noqa: S105 (made up)
FAST = ComposeOptions(steps=1)


@pytest.fixture(scope="module")
def url():
    with running(ServiceSettings(runtime=ON_PROCESSOR, token=TOKEN)) as service:
        yield service.url


@pytest.fixture
def client(url):
    with Client(url, token=TOKEN) as one:
        yield one


def test_composing_gives_all_there_is(client):
    composition = client.compose(BACKGROUND, FOREGROUND, options=FAST)
    (composite,) = composition.composites
    assert pixels_of(composite.picture_png).shape == (HEIGHT, WIDTH, 3)
    assert len(composite.objects) == 1
    assert client.compose_png(BACKGROUND, FOREGROUND, options=FAST) == composite.picture_png
    assert client.model().fingerprint == composition.model


def test_files_are_sent_as_well_as_bytes(client, tmp_path):
    (tmp_path / "scene.jpg").write_bytes(BACKGROUND)
    (tmp_path / "object.png").write_bytes(FOREGROUND)
    from_files = client.compose_png(tmp_path / "scene.jpg", tmp_path / "object.png", options=FAST)
    assert from_files == client.compose_png(BACKGROUND, FOREGROUND, options=FAST)


def test_several_foregrounds_and_masks_are_sent(client):
    (composite,) = client.compose(BACKGROUND, FOREGROUND, FOREGROUND, options=FAST).composites
    assert len(composite.objects) == 2
    half = mask(0, 0, WIDTH // 2, HEIGHT)
    found = client.place(BACKGROUND, FOREGROUND, PlaceOptions(top_k=2), avoid=half)
    assert min(place.box_xywh_px[0] for place in found.placements) >= WIDTH / 2 - 1
    assert client.place(BACKGROUND, FOREGROUND, PlaceOptions(top_k=2), allow=half) != found


def test_places_come_with_a_heat_map(client):
    found = client.place(BACKGROUND, FOREGROUND)
    assert (found.width_px, found.height_px) == (WIDTH, HEIGHT)
    assert pixels_of(client.heatmap_png(BACKGROUND, FOREGROUND)).shape == (HEIGHT, WIDTH, 3)


def test_the_model_says_what_it_is(client):
    model = client.model()
    assert model.device == "cpu"
    assert model.limits.max_waiting == ServiceSettings().max_waiting
    assert client.is_ready()


def test_a_data_set_is_made_larger(client):
    job = client.augment(DATASET, CUTOUTS, AugmentOptions(min_score=0))
    done = client.wait(job.id, every_s=0.05)
    assert (done.state, done.num_done) == ("done", done.num_all)
    with zipfile.ZipFile(BytesIO(client.result(job.id))) as archive:
        names = [one["file_name"] for one in json.loads(archive.read("annotations.json"))["images"]]
    assert names[: len(NAMES)] == list(NAMES)
    client.cancel(job.id)
    with pytest.raises(ServiceError, match="no such job") as caught:
        client.job(job.id)
    assert (caught.value.status, caught.value.kind) == (404, "not_found")


def test_a_refusal_says_what_is_wrong(client, url):
    with pytest.raises(ServiceError, match="foreground") as caught:
        client.compose(BACKGROUND, BACKGROUND)
    assert isinstance(caught.value, SituateError)
    assert (caught.value.status, caught.value.kind, caught.value.retry_after_s) == (422, "unusable", None)
    with Client(url) as stranger, pytest.raises(ServiceError, match="token") as caught:
        stranger.place(BACKGROUND, FOREGROUND)
    assert (caught.value.status, caught.value.kind) == (401, "no_token")


def answering(*answer, **about):
    return Client(transport=httpx.MockTransport(lambda _: httpx.Response(*answer, **about)))


def test_a_busy_service_says_when_to_come_back():
    busy = {"error": {"type": "busy", "message": "too many"}}
    with answering(429, json=busy, headers={"Retry-After": "7"}) as client, pytest.raises(ServiceError) as caught:
        client.model()
    assert (caught.value.status, caught.value.kind, caught.value.retry_after_s) == (429, "busy", 7)


@pytest.mark.parametrize("content", [b"<html>bad gateway</html>", b"", b'{"error": "text"}', b"\xff"])
def test_what_a_proxy_answers_is_an_error_of_the_same_kind(content):
    with answering(502, content=content) as client, pytest.raises(ServiceError, match="502") as caught:
        client.place(BACKGROUND, FOREGROUND)
    assert caught.value.status == 502


def test_where_nobody_listens_there_is_an_error_with_a_remedy():
    with Client("http://127.0.0.1:9", token=TOKEN) as client:
        assert not client.is_ready()
        with pytest.raises(ServiceError, match="is `situate serve` running there") as caught:
            client.model()
    assert (caught.value.status, caught.value.kind) == (0, "unreachable")


def test_the_client_needs_no_torch():
    code = "import sys, situate.client; print(sorted({'torch', 'cv2', 'fastapi', 'gradio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_clients_defaults_are_the_librarys():
    assert ComposeOptions().steps == DEFAULT_STEPS
    assert set(PlaceOptions.model_fields) < set(ComposeOptions.model_fields)
