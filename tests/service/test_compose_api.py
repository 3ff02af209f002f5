"""`POST /v1/compose` over a socket: PNG and JSON, places by hand and by masks, several objects, false names."""

import json

import numpy as np
import pytest
from tests.service.pictures import BACKGROUND, FOREGROUND, HEIGHT, WIDTH, cutout, file_of, mask, pixels_of, uploads

from situate.client import Composition

JSON = {"Accept": "application/json"}


def composed(live, files=None, *, steps=1, **options):
    text = json.dumps(options | {"steps": steps})
    answer = live.http.post("/v1/compose", files=files or uploads(), data={"options": text}, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return Composition.model_validate_json(answer.content)


def refused(live, files, options="{}", status=422):
    answer = live.http.post("/v1/compose", files=files, data={"options": options}, headers=JSON)
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def test_the_answer_is_a_picture_the_same_as_in_the_json(live):
    answer = live.http.post("/v1/compose", files=uploads())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert pixels_of(answer.content).shape == (HEIGHT, WIDTH, 3)
    (composite,) = composed(live, steps=4).composites
    assert composite.picture_png == answer.content


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(live):
    first, again, other = (composed(live, seed=seed) for seed in (5, 5, 6))
    assert first == again
    assert other.composites[0].seed == 6
    assert other.composites[0].picture_png != first.composites[0].picture_png


def test_the_service_does_what_the_library_does(live, composer):
    (composite,) = composed(live, steps=4, seed=2).composites
    background, foreground = pixels_of(BACKGROUND), cutout()
    (expected,) = composer(background, foreground, seed=2)
    # A batch of four differs from one picture by rounding.
    difference = pixels_of(composite.picture_png).astype(int) - expected.picture.pixels.astype(int)
    assert np.abs(difference).max() <= 2
    placed = expected.objects[0]
    assert composite.objects[0].box_xywh_px == pytest.approx(placed.box_xywh_px, abs=0.02)
    assert composite.objects[0].visible_box_xywh_px == placed.visible_box_xywh_px


def test_json_has_masks_and_effects_of_the_pictures_size(live):
    (composite,) = composed(live).composites
    effect, picture = pixels_of(composite.effect_png), pixels_of(composite.picture_png)
    assert effect.shape == pixels_of(composite.objects[0].mask_png).shape == (HEIGHT, WIDTH)
    untouched = effect == 0
    assert np.array_equal(picture[untouched], pixels_of(BACKGROUND)[untouched])


def test_several_places_give_several_composites_best_first(live):
    composites = composed(live, top_k=3).composites
    assert 1 < len(composites) <= 3
    probabilities = [composite.objects[0].probability for composite in composites]
    assert probabilities == sorted(probabilities, reverse=True)


def test_several_foregrounds_come_into_one_picture(live):
    files = uploads(BACKGROUND, FOREGROUND, file_of(cutout("ball", 24)))
    (composite,) = composed(live, files).composites
    assert len(composite.objects) == 2
    (overlapping,) = composed(live, files, may_overlap=True).composites
    assert len(overlapping.objects) == 2
    assert overlapping.objects[0].box_xywh_px == composite.objects[0].box_xywh_px


def test_a_box_by_hand_says_where(live):
    (composite,) = composed(live, box=[20, 30, 40, 60]).composites
    (placed,) = composite.objects
    left, top, width, height = placed.box_xywh_px
    assert placed.probability is None
    assert (left + width / 2, top + height) == pytest.approx((40, 90), abs=0.1)


def test_masks_say_where_the_object_may_stand_and_what_it_must_not_cover(live):
    right_half = mask(WIDTH // 2, 0, WIDTH, HEIGHT)
    (allowed,) = composed(live, uploads(allow=right_half)).composites
    left, _, width, _ = allowed.objects[0].box_xywh_px
    assert left + width / 2 >= WIDTH / 2
    (avoided,) = composed(live, uploads(avoid=right_half)).composites
    left, _, width, _ = avoided.objects[0].box_xywh_px
    assert left + width <= WIDTH / 2 + 1


def test_sizes_are_kept(live):
    (composite,) = composed(live, min_size="60px", max_size="60%").composites
    assert 59 <= composite.objects[0].box_xywh_px[3] <= 73


def test_names_and_types_that_a_client_declares_count_for_nothing(live):
    background, foreground = ("../../x.jpg", BACKGROUND, "text/plain"), ("/etc/passwd\0", FOREGROUND, "image/jpeg")
    honest = composed(live)
    assert composed(live, [("background", background), ("foreground", foreground)]) == honest


@pytest.mark.parametrize("path", ["/v1/compose", "/v1/place"])
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html", 406),
        ("image/jpeg, image/png;q=0", 406),
        ("image/png;q=nan", 406),
        ("image/png", "image/png"),
        ("text/html, application/json;q=0.1", "application/json"),
        ("image/png;q=0.1, application/json;q=0.2", "application/json"),
    ],
)
def test_accept_decides_what_comes_back(live, path, accept, expected):
    answer = live.http.post(path, files=uploads(), data={"options": '{"top_k": 1}'}, headers={"Accept": accept})
    if expected == 406:
        assert answer.status_code == 406
        assert answer.json()["error"]["type"] == "not_acceptable"
    else:
        assert answer.headers["content-type"] == expected


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('{"top_k": 2}', "top_k and box are for one foreground"),
        ('{"box": [1, 2, 3, 4]}', "top_k and box are for one foreground"),
    ],
)
def test_what_several_foregrounds_cannot_have_is_refused(live, options, reason):
    assert reason in refused(live, uploads(BACKGROUND, FOREGROUND, FOREGROUND), options)


def test_what_makes_no_sense_is_refused(live):
    assert "may_overlap is for several" in refused(live, uploads(), '{"may_overlap": true}')
    assert "a box says where" in refused(live, uploads(), '{"box": [1, 2, 30, 40], "max_size": "10%"}')
    assert "foreground" in refused(live, uploads(BACKGROUND, *[FOREGROUND] * 9))
    assert "transparency" in refused(live, uploads(BACKGROUND, BACKGROUND))
    assert "min_size" in refused(live, uploads(), '{"min_size": "large"}')
    assert "allow" in refused(live, uploads(allow=file_of(cutout())))
    assert "no place" in refused(live, uploads(), '{"min_size": "9000px"}').lower()
