import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.paths import ANY, Path, parsed, reaches, starts_with, text

KEYS = st.text(st.characters(exclude_characters='"\\'), min_size=1).filter(lambda key: key != ANY)
PATHS = (
    st.lists(KEYS | st.integers(0, 99), min_size=1, max_size=5).filter(lambda path: isinstance(path[0], str)).map(tuple)
)


@given(PATHS)
def test_a_path_is_read_as_it_was_written(path: Path) -> None:
    assert parsed(text(path)) == path


def test_paths_are_written_as_the_engine_reads_them() -> None:
    path = ("spec", "containers", 0, "env")
    assert text(path) == "spec.containers[0].env"
    assert text(("metadata", "annotations", "a.b/c")) == 'metadata.annotations["a.b/c"]'


def test_a_star_matches_every_step() -> None:
    assert starts_with(("spec", "containers", 3, "image"), parsed("spec.containers[*].image"))
    assert not starts_with(("spec", "containers"), parsed("spec.containers[*]"))
    assert reaches({"containers": [{}, {"image": "x"}]}, parsed("containers[*].image"))
    assert not reaches({"containers": [{}]}, parsed("containers[1]"))


def test_what_is_no_path_is_an_error() -> None:
    with pytest.raises(ProviderError, match="not a property path"):
        parsed("spec.[")
