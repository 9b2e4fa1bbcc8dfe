"""Amounts, and what a container gets that does not say."""

from decimal import Decimal

import pytest

from platform_components.kubernetes.quantities import amount, container_resources, quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [("256Mi", "256Mi"), ("1.5Gi", "1.5Gi"), ("250m", "250m"), ("0.24", "0.24"), ("2", "2"), ("100K", "100k")],
)
def test_a_quantity_is_written_as_kubernetes_takes_it(text: str, expected: str) -> None:
    assert quantity(text) == expected


@pytest.mark.parametrize("text", ["", "Mi", "1e3", "-1", "1 Gi", "1KiB", "a lot"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1Ki", 1024), ("1k", 1000), ("1K", 1000), ("1.5Gi", 1610612736), ("250m", "0.25"), ("1Ei", 2**60), ("3", 3)],
)
def test_amounts_compare_across_suffixes(text: str, expected: int | str) -> None:
    assert amount(text) == Decimal(expected)


DEFAULT_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
DEFAULT_LIMITS = {"memory": "256Mi"}


@pytest.mark.parametrize(
    ("requests", "limits", "expected_requests", "expected_limits"),
    [
        ({}, {}, {"cpu": "50m", "memory": "64Mi"}, {"memory": "256Mi"}),
        ({"cpu": "1"}, {}, {"cpu": "1", "memory": "64Mi"}, {"memory": "256Mi"}),
        # A default gives way, so that a request is never more than its limit.
        ({"memory": "1Gi"}, {}, {"cpu": "50m", "memory": "1Gi"}, {"memory": "1Gi"}),
        ({}, {"memory": "32Mi"}, {"cpu": "50m", "memory": "32Mi"}, {"memory": "32Mi"}),
        ({}, {"cpu": "10m"}, {"cpu": "10m", "memory": "64Mi"}, {"cpu": "10m", "memory": "256Mi"}),
        ({}, {"cpu": "2"}, {"cpu": "50m", "memory": "64Mi"}, {"cpu": "2", "memory": "256Mi"}),
    ],
)
def test_a_container_always_has_requests_and_a_memory_limit(
    requests: dict[str, str],
    limits: dict[str, str],
    expected_requests: dict[str, str],
    expected_limits: dict[str, str],
) -> None:
    resources = container_resources(requests, limits, default_requests=DEFAULT_REQUESTS, default_limits=DEFAULT_LIMITS)
    assert resources == {"requests": expected_requests, "limits": expected_limits}
