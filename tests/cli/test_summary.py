"""What a person wants to know of a deployed environment, and no secret."""

from pathlib import Path

from platform_components.cli.summary import MASK, Summary, summary_of
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.cli.worlds import OUTPUTS, branch, foundation

SUMMARY = """\
URL         https://web-shop-main.dev.example.com/  (web)
namespace   shop-main-abc123
note        python-service opens no port: it gets no Service and no route

resources
  python-service.db       postgres.default#python-service.db  postgres-shared  db.example.com:5432/shop_main_python_service_db
  python-service.dns      dns.default#python-service.dns      dns-record       python-service-shop-main.dev.example.com
  python-service.storage  s3.default#python-service.storage   s3-over-blob     data
  web.db                  postgres.default#web.db             postgres-shared  db.example.com:5432/shop_main_web_db
  web.dns                 dns.default#web.dns                 dns-record       web-shop-main.dev.example.com
  web.route               route.default#web.route             route            https://web-shop-main.dev.example.com/
  web.storage             s3.default#web.storage              s3-over-blob     data

injected into python-service/python-service
  CONNECTION_STRING=postgresql://shop_main_python_service_db:******@db.example.com:5432/shop_main_python_service_db

injected into web/web
  GREETING=Hello from web
  DATABASE_URL=postgresql://shop_main_web_db:******@db.example.com:5432/shop_main_web_db?sslmode=require
  S3_ENDPOINT=http://s3.svc:7070
  S3_BUCKET=data
  AWS_DEFAULT_REGION=us-east-1
  AWS_ACCESS_KEY_ID=s3-web
  AWS_SECRET_ACCESS_KEY=******
  PUBLIC_URL=https://web-shop-main.dev.example.com
"""  # noqa: E501


def summary(platform: Path, *examples: str) -> Summary:
    matched = branch(platform, *examples).matched
    return summary_of(matched.plan, OUTPUTS, matched.catalog.types)


def test_everything_is_told_and_secrets_are_masked(platform: Path) -> None:
    assert "\n".join(summary(platform).lines()) + "\n" == SUMMARY


def test_machines_read_the_same(platform: Path) -> None:
    document = summary(platform, "web").as_json()

    assert document["stack"] == "shop-main-abc123"
    assert document["urls"] == {"web": "https://web-shop-main.dev.example.com/"}
    assert document["namespace"] == "shop-main-abc123"
    assert document["notes"] == []
    assert document["resources"][0] == {
        "workload": "web",
        "name": "db",
        "resource": "postgres.default#web.db",
        "definition": "postgres-shared",
        "shown": "db.example.com:5432/shop_main_web_db",
    }
    assert document["variables"]["web/web"]["AWS_SECRET_ACCESS_KEY"] == MASK


def test_values_are_told_by_their_names_alone(platform: Path, tmp_path: Path) -> None:
    score = tmp_path / "score.yaml"
    score.write_text(
        """apiVersion: score.dev/v1b1
metadata: {name: pay}
containers: {pay: {image: python, variables: {KEY: "${resources.env.API_KEY}"}}}
resources: {env: {type: environment}}
"""
    )
    wanted = Wanted(app="shop", branch="main", scores=(score,), values={"API_KEY": "s3cret", "OTHER": "s3cret"})
    matched = prepare(platform, wanted, {}, stack="shop-main-abc123").matched

    made = summary_of(matched.plan, {}, matched.catalog.types)

    assert made.as_json()["values"] == ["API_KEY", "OTHER"]
    assert made.as_json()["variables"] == {"pay/pay": {"KEY": MASK}}
    assert made.lines()[0] == "values      API_KEY, OTHER"
    assert "  pay.env  environment.default#pay.env  values  API_KEY" in made.lines()


def test_what_was_never_deployed_is_masked_or_missing_and_no_traceback(platform: Path) -> None:
    matched = branch(platform).matched

    made = summary_of(matched.plan, {}, matched.catalog.types)

    assert made.urls == {}
    assert made.namespace == ""
    assert {row.shown for row in made.rows} == {""}
    assert made.variables["web/web"]["S3_BUCKET"] == MASK


def test_a_type_that_is_not_known_here_is_told_without_a_traceback(platform: Path) -> None:
    """It came with a package that is installed where it was deployed, and not here."""
    matched = branch(platform).matched

    made = summary_of(matched.plan, OUTPUTS, {})

    assert made.variables["web/web"]["S3_BUCKET"] == "data"
    assert made.variables["web/web"]["AWS_SECRET_ACCESS_KEY"] == MASK


def test_a_foundation_has_neither_workloads_nor_a_namespace(platform: Path) -> None:
    matched = foundation(platform).matched

    made = summary_of(matched.plan, {}, matched.catalog.types)

    assert (made.rows, made.variables, made.namespace, made.notes) == ((), {}, "", ())
    assert made.lines() == []
