"""Which Secrets a gateway's listeners wait for."""

from typing import Any

from sandbox.gateway.certificates import wanted


def gateway(*listeners: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "public", "namespace": "gateway"}, "spec": {"listeners": list(listeners)}}


def test_each_https_listener_waits_for_a_certificate_of_its_name() -> None:
    tls = {"certificateRefs": [{"kind": "Secret", "name": "wildcard-tls"}]}
    found = wanted(
        gateway(
            {"protocol": "HTTP", "port": 80, "hostname": "*.dev.example.com"},
            {"protocol": "HTTPS", "port": 443, "hostname": "*.dev.example.com", "tls": tls},
            {"protocol": "HTTPS", "port": 443, "tls": tls},
        )
    )

    assert list(found) == [("wildcard-tls", "*.dev.example.com")]
