"""What components share: options of children, validation of plain values, counts."""

from typing import Annotated, Any

import pulumi
import pytest
from pydantic import Field, model_validator

from platform_components.component import Known, Settings, validated, whole
from platform_components.errors import InputError
from tests import mocks


class Inner(Settings):
    size: Known[Annotated[int, Field(ge=1)]] = 1


class Sample(Settings):
    name: Known[Annotated[str, Field(min_length=2)]]
    count: Known[Annotated[int, Field(ge=1, le=9)]] | None = None
    inner: Inner | None = None
    parts: tuple[Inner, ...] = ()

    @model_validator(mode="after")
    def _not_both(self) -> "Sample":
        if self.inner is not None and self.parts:
            raise ValueError("give one of inner and parts")
        return self


def sample(**args: Any) -> Sample:
    return validated(Sample, "Sample", "main", args)


def problems(**args: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        sample(**args)
    assert refused.value.where == "Sample 'main'"
    return list(refused.value.details)


def test_plain_values_are_checked_where_they_are() -> None:
    assert problems(name="x", count=10, inner={"size": 0}) == [
        "name: String should have at least 2 characters",
        "count: Input should be less than or equal to 9",
        "inner.size: Input should be greater than or equal to 1",
    ]


def test_outputs_pass_as_they_are() -> None:
    output = pulumi.Output.from_input("x")
    assert sample(name=output).name is output


def test_what_is_misspelt_is_told_with_the_nearest_name() -> None:
    assert problems(name="ab", coutn=1) == ["coutn: there is no such argument; did you mean 'count'?"]
    assert problems(name="ab", zzz=1) == ["zzz: there is no such argument; known: name, count, inner, parts"]
    assert problems(name="ab", inner={"sice": 1}) == ["inner.sice: there is no such argument"]


def test_a_contradiction_is_told_in_its_own_words() -> None:
    assert problems(name="ab", inner={}, parts=[{}]) == ["give one of inner and parts"]


def test_the_values_themselves_are_not_shown() -> None:
    with pytest.raises(InputError) as refused:
        sample(name=["abcdefgh"])
    assert "abcdefgh" not in str(refused.value)


def test_a_number_from_another_language_is_a_count() -> None:
    assert sample(name="ab", count=3.0).count == 3
    assert problems(name="ab", count=3.5)[0].startswith("count: ")


def test_counts_reach_resources_as_whole_numbers() -> None:
    given: Any = pulumi.Output.from_input(3.0)
    recorded = mocks.run(lambda: pulumi.Output.all(whole(2), whole(given)))
    assert recorded.result == [2, 3]
    assert all(isinstance(count, int) for count in recorded.result)
