"""What is in the sandbox's Key Vaults: secrets by vault and name, encrypted with a key derived from the sandbox's own.

A vault is there as soon as a secret is put into it; access is not modelled.
"""

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.azure import keys
from sandbox.errors import SandboxError
from sandbox.state import State, write_private

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_VAULT = re.compile("[A-Za-z](?!.*--)[0-9A-Za-z-]{1,22}[0-9A-Za-z]")
_SECRET = re.compile("[0-9A-Za-z-]{1,127}")


def exists(state: State, vault: str) -> bool:
    """Whether a vault of this name answers."""
    return _VAULT.fullmatch(vault) is not None and _folder(state, vault).is_dir()


def secret(state: State, vault: str, name: str) -> str | None:
    """The value of a secret; None if the vault has no such one."""
    file = _folder(state, vault) / name.lower()
    return _cipher(state).decrypt(file.read_bytes()).decode() if file.is_file() else None


def set_secret(state: State, vault: str, name: str, value: str) -> None:
    """Put a secret into a vault, in the place of one that is there."""
    if not _VAULT.fullmatch(vault):
        raise SandboxError(f"no vault can be called '{vault}'", fix="3 to 24 letters, digits and single '-'")
    if not _SECRET.fullmatch(name):
        raise SandboxError(f"no secret of a vault can be called '{name}'", fix="use letters, digits and '-'")
    _folder(state, vault).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(_folder(state, vault) / name.lower(), _cipher(state).encrypt(value.encode()))


def _folder(state: State, vault: str) -> Path:
    return state.azure / "vaults" / vault.lower()


def _cipher(state: State) -> "Fernet":
    from cryptography.fernet import Fernet  # `az` starts without it

    return Fernet(base64.urlsafe_b64encode(keys.derived(state, "vaults")[:32]))
