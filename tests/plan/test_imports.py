import subprocess
import sys

LOADED = """
import sys
import platform_components.catalog.listing, platform_components.plan.diff, platform_components.plan.explain
import platform_components.plan.fingerprints, platform_components.plan.graph, platform_components.plan.guard
print("\\n".join(name for name in sys.modules if name.split(".")[0] in {unwanted}))
"""
UNWANTED = {"pulumi", "pulumi_azure_native", "pulumi_kubernetes", "psycopg", "typer", "rich", "jsonschema"}


def test_matching_needs_no_engine_no_cloud_and_no_terminal() -> None:
    command = [sys.executable, "-c", LOADED.format(unwanted=UNWANTED)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == ""
