"""The service is what its OpenAPI description says, whatever schemathesis makes of that."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from situate.client import AugmentOptions, ComposeOptions, PlaceOptions

KNOWN = {
    ("post", "/v1/compose"),
    ("post", "/v1/place"),
    ("post", "/v1/jobs/augment"),
    ("get", "/v1/jobs/{job_id}"),
    ("delete", "/v1/jobs/{job_id}"),
    ("get", "/v1/jobs/{job_id}/result"),
    ("get", "/v1/model"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
WITHOUT_ARGUMENTS = ("/healthz", "/readyz", "/metrics", "/v1/model")
LEFT_OUT = [
    # Random bytes are no pictures, which no schema can say.
    positive_data_acceptance,
    # A path with several methods is several routes to Starlette: `Allow` of its 405 names those of one.
    unsupported_method,
]


def cases():
    """Requests as described for all operations, and others where there is something to do wrong."""
    positive = [(*operation, GenerationMode.POSITIVE) for operation in sorted(KNOWN)]
    negative = [(*operation, GenerationMode.NEGATIVE) for operation in sorted(KNOWN)]
    return positive + [one for one in negative if one[1] not in WITHOUT_ARGUMENTS]


@pytest.fixture(scope="module")
def description(live):
    return schemathesis.openapi.from_url(f"{live.url}/openapi.json")


def test_the_description_names_every_operation(live):
    paths = live.http.get("/openapi.json").json()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == KNOWN


@pytest.mark.parametrize(
    ("path", "options"),
    [("/v1/compose", ComposeOptions), ("/v1/place", PlaceOptions), ("/v1/jobs/augment", AugmentOptions)],
)
def test_options_are_described_in_full(live, path, options):
    description = live.http.get("/openapi.json").json()
    (form,) = description["paths"][path]["post"]["requestBody"]["content"].values()
    fields = description["components"]["schemas"][form["schema"]["$ref"].rpartition("/")[2]]["properties"]
    assert set(fields["options"]["contentSchema"]["properties"]) == set(options.model_fields)


@pytest.mark.parametrize(("method", "path", "mode"), cases())
def test_answers_are_as_described(description, method, path, mode):
    @given(description[path][method.upper()].as_strategy(generation_mode=mode))
    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case):
        case.call_and_validate(excluded_checks=LEFT_OUT)

    answers()
