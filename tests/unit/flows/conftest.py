"""What the tests of the flows share: flows written short, and the corpus of real exports where it is present."""

from pathlib import Path

import pytest

CORPUS = (Path(__file__).parents[3] / "../shared/corpus/flows").resolve()


@pytest.fixture(scope="session")
def corpus():
    """Paths of all real exports."""
    files = sorted(CORPUS.glob("*.json")) if CORPUS.is_dir() else []
    if not files:
        pytest.skip(f"no corpus of real exports at {CORPUS}")
    return files
