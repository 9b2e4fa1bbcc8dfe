"""The cluster at hand, and how an environment on it is reached."""

from pathlib import Path

import pytest
import yaml

from platform_components.drivers.entrances import service_account
from platform_components.drivers.kubeconfig import AtHand, at_hand
from platform_components.errors import InputError


def kubeconfig(path: Path, *contexts: str, current: str = "") -> Path:
    document = {"contexts": [{"name": name} for name in contexts], **({"current-context": current} if current else {})}
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_current_context_is_used_unless_another_is_named(tmp_path: Path) -> None:
    file = str(kubeconfig(tmp_path / "config", "one", "other", current="one"))

    assert at_hand(environment={"KUBECONFIG": file}) == AtHand(file, "one")
    assert at_hand(context="other", environment={"KUBECONFIG": file}) == AtHand(file, "other")
    assert at_hand(file, "other", environment={}) == AtHand(file, "other")


def test_of_several_files_the_one_with_the_context_is_named(tmp_path: Path) -> None:
    one = kubeconfig(tmp_path / "one", "a", current="a")
    other = kubeconfig(tmp_path / "other", "b", current="b")
    known = {"KUBECONFIG": f"{tmp_path / 'missing'}:{one}:{other}"}

    assert at_hand(environment=known) == AtHand(str(one), "a")
    assert at_hand(context="b", environment=known) == AtHand(str(other), "b")


def test_without_kubeconfig_the_file_of_the_home_folder_counts(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    file = kubeconfig(tmp_path / ".kube" / "config", "a", current="a")

    assert at_hand(environment={"HOME": str(tmp_path)}) == AtHand(str(file), "a")


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    file = str(kubeconfig(tmp_path / "config", "k3d-pave"))

    with pytest.raises(InputError, match=r"there is none: .*config\n  start a cluster"):
        at_hand(environment={"HOME": str(tmp_path / "nowhere")})
    with pytest.raises(InputError, match="names no current context"):
        at_hand(environment={"KUBECONFIG": file})
    with pytest.raises(InputError, match=r"has no context 'k3d-pav'\n  did you mean `k3d-pave`"):
        at_hand(context="k3d-pav", environment={"KUBECONFIG": file})
    with pytest.raises(InputError, match="can't be read"):
        at_hand(str(tmp_path / "none"))


def test_where_there_is_no_identity_pods_act_as_none() -> None:
    assert service_account({}) == {}
    assert service_account({"client_id": "1"}) == {"client_id": "1"}
