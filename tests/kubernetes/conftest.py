import os, subprocess, sys
import pytest
from types import SimpleNamespace
from pathlib import Path
@pytest.fixture(scope="session")
def sandbox():
    from sandbox.state import State
    from sandbox.environment import variables
    s = State(Path("/work/main/.sandbox"))
    return SimpleNamespace(state=s, environment={**os.environ, **variables(s, os.environ)})
