"""Whatever somebody sends as options beside good pictures: an answer, or a refusal that says why."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.service.pictures import uploads

from situate.client import ComposeOptions, PlaceOptions

NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-3, 300) | st.floats() | st.floats(0, 1)
SIZES = st.sampled_from(["10%", "0.2", "40px", "", "%", "1e3px", "nan", "\u0661px", "0x1px", "1_0"]) | st.text(
    max_size=20
)
BOXES = st.lists(NUMBERS, min_size=3, max_size=5)
ANYTHING = st.recursive(st.none() | st.booleans() | NUMBERS | SIZES, st.lists, max_leaves=4)
VALUES = NUMBERS | SIZES | BOXES | st.lists(BOXES, max_size=3) | ANYTHING


def options_of(kind):
    names = st.sampled_from(sorted(kind.model_fields))
    return st.dictionaries(names, VALUES, max_size=3).map(json.dumps)


def is_answered(answer):
    if answer.status_code == 200:
        return True
    message = answer.json()["error"]["message"]
    return answer.status_code == 422 and len(message) < 2000 and "Traceback" not in message


def test_places_are_found_or_refused(live):
    @given(options_of(PlaceOptions))
    @settings(max_examples=60)
    def answers(options):
        assert is_answered(live.http.post("/v1/place", files=uploads(), data={"options": options}))

    answers()


def test_composites_are_made_or_refused(live):
    @given(options_of(ComposeOptions))
    @settings(max_examples=25)
    def answers(options):
        assert is_answered(live.http.post("/v1/compose", files=uploads(), data={"options": options}))

    answers()
