"""What `busyhour run` leaves behind when it is interrupted after the load."""

from pathlib import Path

import pytest

from busyhour.cli._write import kept


def test_ctrl_c_while_the_report_is_made_names_the_command_that_makes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), kept(tmp_path):
        raise KeyboardInterrupt
    assert f"busyhour report {tmp_path} --format html" in capsys.readouterr().err
