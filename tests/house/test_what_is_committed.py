"""What lies in the repository, as it would be cloned: no trace of a machine, no mock, nothing left undocumented."""

from __future__ import annotations

import logging
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import requires
from logging import Logger
from pathlib import Path

import prometheus_client
import pytest
import yaml
from importlinter.cli import lint_imports
from packaging.requirements import Requirement

import bot.metrics
from lanyard.config import Settings

ROOT = Path(__file__).parents[2]
ALIASES = {str(field.validation_alias) for field in Settings.model_fields.values()}

# Put together here, so that this file does not name them either.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"))]
HOMES = ["/".join(("", *parts, "")) for parts in (("root",), ("home", "runner"), ("home", "user"), ("Users",))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def committed() -> Iterator[tuple[str, str]]:
    """Name and text of every file that git knows; pictures and the like are left out."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert "pyproject.toml" in names
    for name in names:
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8")


def test_the_arrow_of_imports_and_the_homes_of_packages_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    before = {name: log.disabled for name, log in logging.root.manager.loggerDict.items() if isinstance(log, Logger)}
    try:
        assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0
    finally:  # it configures logging anew, and silences every logger that it does not name
        for name, disabled in before.items():
            logging.getLogger(name).disabled = disabled


def test_no_file_names_a_package_registry() -> None:
    named = [(name, host) for name, text in committed() for host in REGISTRIES if host in text]

    assert named == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    here = re.compile("|".join(re.escape(place) for place in [f"{ROOT}/", *HOMES]))
    named = [(name, found.group()) for name, text in committed() if (found := here.search(text))]

    assert named == []


def test_no_test_uses_a_mock() -> None:
    mock = re.compile(r"^\s*(?:from|import)\s+(?:unittest|mock|pytest_mock)\b", re.MULTILINE)
    users = [name for name, text in committed() if name.endswith(".py") and mock.search(text)]

    assert users == []


def test_each_module_of_tests_has_a_name_of_its_own() -> None:
    """By which alone pytest knows it: of two, the second stops the whole run."""
    names = Counter(Path(name).name for name, _ in committed() if fnmatch(name, "tests/*/test_*.py"))

    assert [name for name, times in names.items() if times > 1] == []


def test_links_between_the_documents_lead_somewhere() -> None:
    broken = [
        (name, target)
        for name, text in committed()
        if name.endswith(".md") and not name.startswith(("lanyard/sample/", "tests/"))
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
        if "://" not in target and not target.startswith("mailto:")
        if not (ROOT / name).parent.joinpath(target).exists()
        if not target.startswith("docs/pictures/") and not target.startswith("pictures/")  # taken after the suite ran
    ]

    assert broken == []


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_example_of_settings_holds_each_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for alias in ALIASES:
        monkeypatch.delenv(alias, raising=False)
    given = {line.partition("=")[0] for line in read(".env.example").splitlines() if re.match(r"[A-Z_]+=", line)}

    assert given >= ALIASES
    assert given - ALIASES == {"POSTGRES_PASSWORD", "POSTGRES_PORT"}  # of compose.yaml
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)  # type: ignore[call-arg]


def test_each_setting_is_told_to_whoever_operates_lanyard() -> None:
    operating = read("docs/operating.md")

    assert [alias for alias in sorted(ALIASES) if f"| `{alias}` |" not in operating] == []


def test_each_metric_is_told_to_whoever_operates_lanyard() -> None:
    operating = read("docs/operating.md")
    ours = [
        family.name + ("_total" if family.type == "counter" else "")
        for family in prometheus_client.REGISTRY.collect()
        if family.name.startswith("lanyard_")
    ]

    assert bot.metrics.received._name in "".join(ours)
    assert [name for name in ours if f"`{name}`" not in operating] == []


def test_each_dependency_has_its_reason_written_down() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    reasons = read("docs/decisions/0002-dependencies.md")

    assert [name for name in (Requirement(line).name for line in wanted) if f"`{name}`" not in reasons] == []


def test_each_decision_has_a_number_of_its_own_and_stands_in_the_list() -> None:
    records = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    listed = read("docs/decisions/0001-record-decisions.md")

    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    assert [name for name in records[1:] if f"]({name})" not in listed] == []


# ── the container ───────────────────────────────────────────────────────────────────────────────────────────────────


def copied() -> list[str]:
    lines = [line.split()[1:-1] for line in read("Dockerfile").splitlines() if line.startswith("COPY ")]
    return [source for sources in lines if not sources[0].startswith("--from") for source in sources]


def test_what_the_container_copies_is_there_and_reaches_the_engine() -> None:
    let_through = [line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")]

    assert {"lanyard", "bot", "migrations", "requirements.lock"} <= set(copied())
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert [source for source in copied() if not any(fnmatch(source, pattern) for pattern in let_through)] == []


def test_the_container_has_every_package_of_the_wheel() -> None:
    wheel = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert set(wheel) <= set(copied())


def test_the_container_installs_the_wheels_builder_with_all_that_it_needs() -> None:
    needed = {"hatchling", *(Requirement(line).name for line in requires("hatchling") or () if "extra" not in line)}
    taken = re.search(r"sed -n '/\^\\\((.*?)\\\)==", read("Dockerfile"))
    needed.discard("tomli")  # of Pythons older than ours

    assert taken is not None
    assert set(taken.group(1).split("\\|")) == needed


def test_the_container_runs_as_nobody_in_particular_and_hears_signals() -> None:
    last = read("Dockerfile").rpartition("\nFROM ")[2]

    assert re.search(r"^USER \d+", last, re.MULTILINE)
    assert 'CMD ["lanyard", "serve"]' in last
    assert not re.search(r"\bpip install\b|\bgcc\b|build-essential", last)


def test_compose_hands_every_setting_on_and_publishes_nothing_beyond_this_machine() -> None:
    services = yaml.safe_load(read("compose.yaml"))["services"]

    assert set(services["lanyard"]["environment"]) == ALIASES
    assert services["lanyard"]["network_mode"] == "host"  # where its loopback is the host's
    assert "ports" not in services["lanyard"]
    assert all(port.startswith("127.0.0.1:") for port in services["database"]["ports"])
    assert "healthcheck" in services["database"]
