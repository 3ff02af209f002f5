"""The code that the page shows, where it depends on the service."""

import pytest

from situate.client import ComposeOptions
from situate.client.client import DEFAULT_URL
from situate.service.page.command import python_code


@pytest.mark.parametrize(
    ("url", "has_token", "asked"),
    [
        (DEFAULT_URL, False, "Client()"),
        ("https://here.example", False, "Client('https://here.example')"),
        (DEFAULT_URL, True, "Client(token=os.environ['SITUATE_TOKEN'])"),
        ("https://here.example", True, "Client('https://here.example', token=os.environ['SITUATE_TOKEN'])"),
    ],
)
def test_python_asks_this_service(url, has_token, asked):
    code = python_code(["a.jpg", "b.png"], ComposeOptions(), [], url, has_token=has_token)
    compile(code, "shown", "exec")
    assert f"with {asked} as client:\n" in code
    assert code.startswith("import os\n") == has_token
