"""`POST /v1/place`, and what both routes say to options and forms that cannot be used."""

import json

import pytest
from tests.service.pictures import BACKGROUND, FOREGROUND, HEIGHT, WIDTH, pixels_of, uploads

from situate.client import FoundPlaces

SENT = "what was sent"


def failed(answer, status=422):
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    assert set(answer.json()["error"]) == {"type", "message"}
    return answer.json()["error"]["message"]


def placed(live, options, **about):
    return live.http.post("/v1/place", files=uploads(), data={"options": options}, **about)


def test_places_come_as_json_best_first(live):
    found = FoundPlaces.model_validate_json(placed(live, '{"top_k": 3}').content)
    assert (found.width_px, found.height_px) == (WIDTH, HEIGHT)
    assert 1 < len(found.placements) <= 3
    probabilities = [place.probability for place in found.placements]
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_heat_map_comes_as_png(live):
    answer = placed(live, "{}", headers={"Accept": "image/png"})
    assert answer.headers["content-type"] == "image/png"
    heat = pixels_of(answer.content)
    assert heat.shape == (HEIGHT, WIDTH, 3)
    assert (heat != pixels_of(BACKGROUND)).any()


def test_no_options_are_the_default(live):
    without = live.http.post("/v1/place", files=uploads())
    assert without.content == placed(live, "{}").content == placed(live, "").content


def test_boxes_are_kept_clear_of(live):
    answer = placed(live, '{"away_from": [[0, 0, 80, 120]], "distance": 5}')
    found = FoundPlaces.model_validate_json(answer.content)
    assert min(place.box_xywh_px[0] for place in found.placements) >= 84


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ('{"colour": "red"}', "colour"),
        # Options of composing are none of placing.
        ('{"seed": 1}', "seed"),
        ('{"distance": NaN}', "distance"),
        ('{"inside": Infinity}', "inside"),
        ('{"inside": 1.5, "top_k": 0}', "inside"),
        ('{"inside": 1.5, "top_k": 0}', "top_k"),
        ('{"top_k": "many"}', "top_k"),
        ('{"top_k": 1e400}', "top_k"),
        ('{"top_k": 17}', "top_k"),
        ('{"top_k": null}', "top_k"),
        ('{"away_from": [[1, 2, 3]]}', "away_from.0"),
        ('{"away_from": [[1, 2, 3, -4]]}', "away_from.0.3"),
        ('{"away_from": [[1, 2, NaN, 4]]}', "away_from.0.2"),
        (json.dumps({"away_from": [[1, 1, 1, 1]] * 65}), "away_from"),
        (json.dumps({"min_size": "9" * 17}), "min_size"),
        ('{"min_size": "nan%"}', "min_size"),
        ('{"min_size": "-1px"}', "min_size"),
        ('{"min_size": "50%", "max_size": "10%"}', "size"),
        ("[]", "options"),
        ("nothing", "options"),
        ("{", "options"),
        ("[" * 10_000, "options"),
        ('"\ud800"'.encode("utf-8", "surrogatepass").decode("latin-1"), "options"),
    ],
)
def test_options_that_cannot_be_used_are_named(live, options, named):
    message = failed(placed(live, options))
    assert named in message
    assert len(message) < 2000


def test_a_refusal_does_not_repeat_what_was_sent(live):
    assert SENT not in failed(placed(live, json.dumps({"top_k": SENT})))


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ([("foreground", ("f", FOREGROUND))], "background"),
        ([("background", ("b", BACKGROUND))], "foreground"),
        ([*uploads(), ("options", ("options.json", b"{}"))], "options"),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_named(live, files, named):
    assert named in failed(live.http.post("/v1/place", files=files))


def test_text_where_a_file_belongs_is_refused(live):
    answer = live.http.post("/v1/place", data={"background": "text"}, files=uploads()[1:])
    assert "background" in failed(answer)


def test_json_instead_of_a_form_is_refused(live):
    assert "background" in failed(live.http.post("/v1/place", json={"background": "x"}))


def test_a_form_with_ten_thousand_fields_is_refused(live):
    fields = {f"field{number}": "x" for number in range(10_000)}
    answer = live.http.post("/v1/place", files=uploads(), data=fields)
    assert 400 <= answer.status_code < 500
    failed(answer, answer.status_code)


# Starlette leaves the file of a form that ends in it to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--edge",
        b"--other\r\n\r\n--other--",
        b'--edge\r\nContent-Disposition: form-data; name="background"; filename="x"\r\n\r\nbegun',
        b"--edge\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--edge--",
        b"--edge\r\n" + b"X-Long: " + b"y" * 100_000,
    ],
    ids=["empty", "cut in the edge", "another edge", "cut in a file", "no name", "a long header"],
)
def test_a_damaged_form_is_refused(live, content):
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    answer = live.http.post("/v1/place", content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    failed(answer, answer.status_code)


def test_a_form_without_an_edge_is_refused(live):
    answer = live.http.post("/v1/compose", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert failed(answer, 400)
