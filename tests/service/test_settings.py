"""What a service may be told; everything that makes no sense is listed at once."""

import pytest

from situate.errors import ConfigError
from situate.service.settings import ServiceSettings


def test_all_problems_are_listed_at_once():
    with pytest.raises(ConfigError) as caught:
        ServiceSettings(
            batch_shape=0,
            max_waiting=-1,
            deadline_s=float("nan"),
            max_body_bytes=0,
            max_pixels=0,
            max_unpacked_bytes=0,
            max_jobs=0,
            max_job_s=0.0,
            job_kept_s=0.0,
            gather_s=-1.0,
            token=" ",  # noqa: S106 (made up)
        )
    problems = str(caught.value).split("; ")
    named = ("--batch", "--max-waiting", "--deadline", "--max-megabytes", "--max-megapixels", "max_unpacked_bytes")
    for name in (*named, "max_jobs", "max_job_s", "job_kept_s", "gather_s", "token"):
        assert [problem for problem in problems if name in problem], name


@pytest.mark.parametrize("token", ["", " ", "two words", "gr\u00fcn", "line\nbreak"])
def test_a_token_that_cannot_be_sent_in_a_header_is_refused(token):
    with pytest.raises(ConfigError, match="token"):
        ServiceSettings(token=token)


def test_the_defaults_make_sense():
    settings = ServiceSettings()
    assert settings.token is None
    assert settings.max_pixels < settings.max_body_bytes
