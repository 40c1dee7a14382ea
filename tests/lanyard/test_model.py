from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge.embedding import GRAPH, MANIFEST, checksum
from lanyard.config import Settings, read_settings
from lanyard.model import NAME, building, choose, places
from lanyard.model.building import IDENTITY, WEIGHTS, BuildError, ensure, seal


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation of its own, with no model anywhere."""
    monkeypatch.setattr("sys.prefix", str(tmp_path / "environment"))
    return read_settings(data_dir=tmp_path / "data", model="")


def with_model(chosen: Settings, model: str) -> Settings:
    return read_settings(data_dir=chosen.data_dir, model=model)


def put(model: Path, folder: Path) -> Path:
    folder.parent.mkdir(parents=True)
    return Path(shutil.copytree(model, folder))


def test_without_a_model_words_serve_and_the_remedy_is_named(chosen: Settings):
    found = choose(chosen)
    assert (found.encoder, found.well) == (None, True)
    assert "lanyard model build" in found.text


def test_a_model_beside_the_data_is_found_and_one_in_the_environment_too(chosen: Settings, tiny_model: Path):
    for folder in places(chosen):
        put(tiny_model, folder)
        found = choose(chosen)
        assert found.encoder is not None
        assert "tiny.1" in found.text
        shutil.rmtree(folder)


def test_none_asks_for_words_alone_though_there_is_a_model(chosen: Settings, tiny_model: Path):
    put(tiny_model, places(chosen)[0])
    found = choose(with_model(chosen, "none"))
    assert (found.encoder, found.well) == (None, True)


def test_another_model_is_taken_from_the_folder_that_the_setting_names(chosen: Settings, tiny_model: Path):
    found = choose(with_model(chosen, str(tiny_model)))
    assert found.encoder is not None


def test_a_folder_that_holds_no_model_is_a_fault_that_doctor_tells(chosen: Settings, tmp_path: Path):
    found = choose(with_model(chosen, str(tmp_path)))
    assert (found.encoder, found.well) == (None, False)
    assert "Correct LANYARD_MODEL" in found.text


def test_a_damaged_model_is_left_aside_and_a_whole_one_elsewhere_serves(chosen: Settings, tiny_model: Path):
    damaged = put(tiny_model, places(chosen)[0])
    (damaged / GRAPH).write_bytes(b"half")
    assert (choose(chosen).encoder, choose(chosen).well) == (None, False)
    assert "damaged" in choose(chosen).text
    put(tiny_model, places(chosen)[1])
    assert choose(chosen).encoder is not None


def packages_of(model: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip would have fetched, with the checksums of these bytes."""
    (folder / WEIGHTS).mkdir(parents=True)
    (folder / WEIGHTS / "model.safetensors").write_bytes(b"weights")
    shutil.copy(model / "tokenizer.json", folder / WEIGHTS / "tokenizer.json")
    sums = {name: checksum((folder / WEIGHTS / name).read_bytes()) for name in building.CHECKSUMS}
    monkeypatch.setattr(building, "CHECKSUMS", sums)
    return folder


def test_weights_that_are_not_the_published_ones_build_nothing(chosen: Settings, tmp_path: Path):
    source = tmp_path / "packages" / WEIGHTS
    source.mkdir(parents=True)
    (source / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(BuildError, match=r"has the checksum .* not 53aa5117"):
        ensure(chosen, packages=tmp_path / "packages")
    assert not any(folder.exists() for folder in places(chosen))


def test_a_missing_package_is_named(chosen: Settings, tmp_path: Path):
    with pytest.raises(BuildError, match="cannot be read"):
        ensure(chosen, packages=tmp_path)


def test_a_graph_that_cannot_be_drawn_leaves_no_model(
    chosen: Settings, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    packages = packages_of(tiny_model, tmp_path / "packages", monkeypatch)  # its weights are no weights
    with pytest.raises(BuildError):
        ensure(chosen, packages=packages)
    assert not any(folder.exists() for folder in places(chosen))


def test_what_is_there_whole_is_not_built_again_and_what_is_damaged_is_replaced(chosen: Settings, tiny_model: Path):
    environment = places(chosen)[1]
    whole = put(tiny_model, environment.with_name("whole"))
    seal(whole, IDENTITY)
    put(tiny_model, environment) if not environment.parent.exists() else shutil.copytree(tiny_model, environment)
    (environment / MANIFEST).write_text("{}")
    assert building._place(whole, (environment,)) == environment
    assert ensure(chosen) == (environment, False)
    assert sorted(path.name for path in environment.parent.iterdir()) == [NAME, "whole"]


def test_where_the_environment_cannot_be_written_the_model_goes_with_the_data(chosen: Settings, tiny_model: Path):
    data, environment = places(chosen)
    environment.parents[2].mkdir(parents=True)
    (environment.parents[1]).write_text("a file where a folder would be made")
    assert building._place(tiny_model, (environment, data)) == data
    with pytest.raises(BuildError, match="can be put nowhere"):
        building._place(tiny_model, (environment,))
