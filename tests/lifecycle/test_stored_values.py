"""Secrets in a stack's config: encrypted by the engine one by one, told through pipes, compared without being kept."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from platform_components.errors import InputError, OutsideError
from platform_components.lifecycle import stack_file, stored_values
from platform_components.lifecycle.engine import Engine
from platform_components.plan import Plan
from platform_components.plan.diff import differences
from platform_components.plan.model import PlannedEnvironment
from tests.lifecycle.backend import Backend, Stored, program_on_path
from tests.lifecycle.conftest import MakeBackend


@pytest.fixture
def engine(backend: MakeBackend, tmp_path: Path) -> Backend:
    made = backend(one=Stored(), two=Stored())
    made.platform = tmp_path
    return made


def plan(name: str, *values: str) -> Plan:
    environment = PlannedEnvironment(name=name, type="development", app="shop", values=values)
    return Plan(environment=environment, resources=(), layers=(), workloads=())


def test_each_value_is_a_key_of_its_own_so_that_names_are_seen_and_texts_are_not(engine: Backend) -> None:
    stored_values.store(engine, "one", {"B": "s3cret", "A": "0ther"})

    values = stack_file.read(engine.platform, "one")["values"]
    assert list(values) == ["A", "B"]
    assert all(set(value) == {"secure"} for value in values.values())
    assert "s3cret" not in stack_file.path_of(engine.platform, "one").read_text()


def test_a_value_is_never_an_argument(engine: Backend) -> None:
    stored_values.store(engine, "one", {"A": "s3cret"})

    assert not [call for call in engine.calls if "s3cret" in call]
    assert "s3cret" in engine.inputs


def test_the_same_values_again_leave_the_file_as_it_is(engine: Backend) -> None:
    stored_values.store(engine, "one", {"A": "s3cret", "B": "0ther"})
    before = stack_file.path_of(engine.platform, "one").read_bytes()

    stored_values.store(engine, "one", {"A": "s3cret"})

    assert stack_file.path_of(engine.platform, "one").read_bytes() == before


def test_only_what_differs_is_encrypted_anew(engine: Backend) -> None:
    stored_values.store(engine, "one", {"A": "s3cret", "B": "0ther"})
    before = stack_file.read(engine.platform, "one")["values"]

    stored_values.store(engine, "one", {"A": "s3cret", "B": "changed"})

    after = stack_file.read(engine.platform, "one")["values"]
    assert (after["A"] == before["A"], after["B"] == before["B"]) == (True, False)


def test_what_else_is_in_the_file_stays_although_the_engine_writes_it_anew(engine: Backend) -> None:
    stack_file.write(engine.platform, "one", {"type": "ephemeral", "branch": "1e5"})

    stored_values.store(engine, "one", {"A": "s3cret"})

    found = stack_file.read(engine.platform, "one")
    assert (found["type"], found["branch"]) == ("ephemeral", "1e5")


def test_a_stack_file_keeps_its_comments_and_gets_the_engines_salt(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stack_file.path_of(engine.platform, "one")
    path.parent.mkdir(exist_ok=True)
    path.write_text("# ours\nconfig:\n  platform:type: development    # shared\n  platform:branch: '1e5'\n")
    real = engine.run_privately

    def with_salt(*arguments: str, value: str = "") -> str:
        answer = real(*arguments, value=value)
        document = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({"encryptionsalt": "v1:salt", **document}))
        return answer

    monkeypatch.setattr(engine, "run_privately", with_salt)
    stored_values.store(engine, "one", {"A": "s3cret"})

    text = path.read_text()
    assert text.startswith("# ours\nconfig:\n  platform:type: development    # shared\n  platform:branch: '1e5'\n")
    assert yaml.safe_load(text)["encryptionsalt"] == "v1:salt"
    assert list(stack_file.read(engine.platform, "one")["values"]) == ["A"]


def test_when_the_engine_fails_half_way_the_file_is_whole(engine: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    stack_file.write(engine.platform, "one", {"branch": "1e5"})
    real = engine.run_privately

    def second_fails(*arguments: str, value: str = "") -> str:
        if value == "0ther":
            raise OutsideError("no more")
        return real(*arguments, value=value)

    monkeypatch.setattr(engine, "run_privately", second_fails)
    with pytest.raises(OutsideError, match="no more"):
        stored_values.store(engine, "one", {"A": "s3cret", "B": "0ther"})

    found = stack_file.read(engine.platform, "one")
    assert (found["branch"], list(found["values"])) == ("1e5", ["A"])


def test_without_values_the_engine_is_not_asked(engine: Backend) -> None:
    stored_values.store(engine, "one", {})

    assert engine.calls == []


def test_values_that_differ_between_environments_are_told_without_being_told(engine: Backend) -> None:
    engine.stacks["one"].deployed_values = {"SAME": "x", "OTHER": "s3cret", "ONE": "y"}
    engine.stacks["two"].deployed_values = {"SAME": "x", "OTHER": "0ther"}

    plans = [("one", plan("one", "SAME", "OTHER", "ONE")), ("two", plan("two", "SAME", "OTHER"))]
    found = differences(*stored_values.comparable(engine, plans))

    assert [(each.section, each.path, each.kind) for each in found] == [
        ("secrets", "values.ONE", "removed"),
        ("secrets", "values.OTHER", "changed"),
    ]
    assert "s3cret" not in str(found)


def test_fingerprints_are_of_no_use_to_who_keeps_them(engine: Backend) -> None:
    engine.stacks["one"].deployed_values = {"A": "s3cret"}
    plans = [("one", plan("one", "A"))]

    first, second = (stored_values.comparable(engine, plans)[0].fingerprints for _ in range(2))

    assert first != second


def test_comparing_writes_nothing_and_asks_nothing_where_there_are_no_values(engine: Backend) -> None:
    engine.stacks["one"].deployed_values = {"A": "s3cret"}
    stack_file.write(engine.platform, "one", {"type": "ephemeral"})

    stored_values.comparable(engine, [("one", plan("one", "A")), ("two", plan("two"))])

    assert stack_file.read(engine.platform, "one") == {"type": "ephemeral"}
    assert not stack_file.path_of(engine.platform, "two").exists()
    assert [call for call in engine.calls if call.endswith("two")] == []


def test_values_that_cannot_be_decrypted_are_an_error_and_no_difference(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = '[{"kind": "update", "result": "succeeded", "config": {"platform:values": {"value": "ERROR_UNABLE"}}}]'
    monkeypatch.setattr(engine, "run_privately", lambda *_, **__: said)

    with pytest.raises(OutsideError, match="cannot be decrypted"):
        stored_values.comparable(engine, [("one", plan("one", "A"))])


def program(folder: Path, platform: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Engine:
    program_on_path(folder / "bin", monkeypatch, script)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.defpath}")
    return Engine(platform)


def test_the_engine_gets_a_value_byte_for_byte(tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = program(tmp_path, platform, monkeypatch, f"cat > {tmp_path}/got")

    engine.run_privately("config", "set", value="grüß\r\n\n  x\n")

    assert (tmp_path / "got").read_bytes() == "grüß\r\n\n  x\n".encode()
    assert stat.S_ISREG((tmp_path / "got").stat().st_mode)


def test_a_failure_says_what_the_engine_said_but_no_secret(
    tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = program(tmp_path, platform, monkeypatch, "echo clear; read x; echo \"error: no '$x' here\" >&2; exit 255")

    with pytest.raises(OutsideError) as error:
        engine.run_privately("config", "set", value="s3cret")

    assert "no '<secret>' here" in str(error.value)
    assert "s3cret" not in str(error.value)
    assert "clear" not in str(error.value)


def test_a_passphrase_that_does_not_fit_is_told_as_such(
    tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = program(tmp_path, platform, monkeypatch, "echo 'error: incorrect passphrase' >&2; exit 255")

    with pytest.raises(InputError, match="PULUMI_CONFIG_PASSPHRASE"):
        engine.run_privately("config", "set", value="s3cret")
