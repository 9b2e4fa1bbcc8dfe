"""Secrets of a Key Vault, read by whoever runs the program with their own Azure identity, when the program runs.

Azure Resource Manager takes a secret's value and never gives it back, so no resource or function of `azure-native`
can read one; the Azure CLI asks the vault itself. Its arguments are names, and its answer comes through a pipe.
Source: https://learn.microsoft.com/azure/key-vault/secrets/quick-create-cli
"""

import json
import re
import subprocess

from platform_components.azure_cli import asked, complaint
from platform_components.errors import InputError, OutsideError

_NAME = re.compile("[0-9A-Za-z-]{1,127}")
_ROLE = "give whoever runs this the role 'Key Vault Secrets User' on the vault"


def read_secret(vault: str, name: str) -> str:
    """The current value of a secret. `vault` is a name, or a URI such as `https://NAME.vault.azure.net`.

    Raises `OutsideError` that names vault and secret when it is missing, forbidden or out of reach.
    """
    where = f"Key Vault {vault}, secret {name}"
    if not _NAME.fullmatch(name):
        raise InputError("the secret cannot have this name", where=where, fix="use letters, digits and '-'")
    by_uri = vault.startswith("https://")
    chosen = ["--id", f"{vault.rstrip('/')}/secrets/{name}"] if by_uri else ["--vault-name", vault, "--name", name]
    done = asked("keyvault", "secret", "show", *chosen, "--query", "value", "--output", "json", where=where)
    if done.returncode != 0:
        raise _refused(done, where)
    try:
        value = json.loads(done.stdout)
    except ValueError:
        value = None
    if not isinstance(value, str) or not value:
        raise OutsideError("the answer holds no value", where=where, fix="is it a secret, and is it enabled?")
    return value


def _refused(done: "subprocess.CompletedProcess[str]", where: str) -> OutsideError:
    reason, everything = complaint(done), done.stderr
    if "SecretNotFound" in everything:
        fix = "put it there: az keyvault secret set --vault-name VAULT --name NAME --file FILE"
        return OutsideError("the vault has no such secret", where=where, fix=fix)
    if "Forbidden" in everything:
        return OutsideError(f"reading it is forbidden: {reason}", where=where, fix=f"{_ROLE}, and see its firewall")
    if "az login" in everything:
        return OutsideError(f"nobody is logged in to Azure: {reason}", where=where, fix="run 'az login'")
    return OutsideError(
        f"cannot be read: {reason}", where=where, fix="check the vault's name, and that this machine reaches it"
    )
