"""The bar that long commands show."""

import pytest

from situate.cli.progress import progress_bar


@pytest.mark.parametrize("can_resume", [True, False])
def test_who_interrupts_a_long_command_is_told_how_to_go_on(
    can_resume: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), progress_bar("rendering", can_resume=can_resume):
        raise KeyboardInterrupt
    assert ("--resume in place of" in capsys.readouterr().err) == can_resume
