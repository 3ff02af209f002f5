import json

import numpy as np
import pytest
from PIL import Image
from tests.data.assets.packages import package_of, tar_of

from situate.cli import app as cli
from situate.data.assets.attribution import attribution
from situate.data.assets.catalogue import read_catalogue, scan_catalogue
from situate.data.assets.survey import survey
from situate.errors import ConfigError, InputError

pytest.importorskip("trimesh", reason="needs the extra 'scenes'")


def write_mixed(maker) -> None:
    """Two good models, a damaged one, one without texture, and a wrong entry."""
    maker.files["bad/bad.obj"] = b"v 0 0 0\nf 1 2 3\n"
    maker.sh3f(
        maker.item(1, "good", creator="Ann | <b>Example</b>"),
        maker.item(2, "damaged", model="/bad/bad.obj"),
        maker.item(3, "thin", width="0"),
        maker.item(4, "other", category="Rocks", creator=""),
    )


def test_a_damaged_model_is_counted_and_the_rest_goes_on(maker, cache):
    write_mixed(maker)
    seen = []
    made = survey(scan_catalogue(maker.folder), cache=cache, progress=seen.append)
    assert [entry.model.key for entry in made.usable] == ["good", "other"]
    assert [entry.key for entry in made.unusable] == ["thin", "damaged"]
    assert seen == [1, 2, 3]
    assert made.num_by_category == {"Blocks": 1, "Rocks": 1}
    assert made.num_by_licence == {"CC0-1.0": 2}


def test_more_processes_find_the_same(maker, cache):
    write_mixed(maker)
    catalogue = scan_catalogue(maker.folder)
    assert survey(catalogue, cache=cache, num_workers=2) == survey(catalogue, cache=cache)


def test_no_processes_at_all_is_refused(maker):
    maker.sh3f()
    with pytest.raises(ConfigError, match="num_workers is 0"):
        survey(scan_catalogue(maker.folder), num_workers=0)


def test_the_attribution_names_everybody_and_cannot_be_broken_by_a_name(maker):
    write_mixed(maker)
    text = attribution(read_catalogue(maker.folder))
    assert "| Block 1 | good | Ann \\| \\<b\\>Example\\</b\\> | [CC0-1.0](https://creativecommons.org/" in text
    assert "| Block 4 | other | not named |" in text
    assert "## blocks.sh3f (3 models)" in text


def test_the_notice_of_an_archive_is_kept_word_for_word(maker):
    maker.files["LICENSE.TXT"] = b"You must\r\n\tname <Ann>.\r\n\r\n"
    maker.sh3f()
    text = attribution(read_catalogue(maker.folder))
    assert "\n    You must\n    name <Ann>.\n\n| model |" in text


def test_the_command_checks_a_folder_and_writes_what_it_found(maker, cache, capsys):
    write_mixed(maker)
    assert cli.main(["data", "assets", str(maker.folder), "--cache", str(cache), "--num-workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "usable          2, 0 of them" in printed
    assert "unusable        2\n" in printed
    assert "thin: width_m is 0; give a size above 0 m" in printed
    report = json.loads((maker.folder / "assets.json").read_text())
    assert (report["num_usable"], report["num_unusable"]) == (2, 2)
    assert report["num_faces"] == {"good": 12, "other": 12}
    assert "Block 1" in (maker.folder / "ATTRIBUTION.md").read_text()
    assert "damaged" not in (maker.folder / "ATTRIBUTION.md").read_text()


def test_the_command_unpacks_a_package_that_is_given(maker, cache, tmp_path, capsys):
    content = maker.sh3f().read_bytes()
    package = package_of(tmp_path / "p.deb", {"data.tar": tar_of({"./usr/share/blocks.sh3f": content})})
    folder = tmp_path / "new"
    words = ["data", "assets", str(folder), "--deb", str(package), "--cache", str(cache), "--num-workers", "1"]
    assert cli.main(words) == 0
    assert (folder / "blocks.sh3f").read_bytes() == content
    assert "unpacked        1 archives" in capsys.readouterr().out


def test_a_file_in_place_of_the_folder_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert cli.main(["data", "assets", str(tmp_path / "file")]) == 2
    assert "is a file; pass a folder" in capsys.readouterr().err


def test_the_sheet_shows_each_model_beside_a_rod(maker, cache, tmp_path):
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    maker.sh3f(maker.item(1, "a"), maker.item(2, "b", category="Rocks", width="200", height="30"))
    path = tmp_path / "sheet.png"
    words = ["data", "assets", str(maker.folder), "--cache", str(cache), "--num-workers", "1", "--sheet", str(path)]
    assert cli.main(words) == 0
    pixels = np.asarray(Image.open(path)).astype(int)
    is_red = (pixels[..., 0] > 80) & (pixels[..., 0] > 2 * pixels[..., 1])
    # The red bands of the rods are there in both halves.
    assert is_red[:, : pixels.shape[1] // 2].any()
    assert is_red[:, pixels.shape[1] // 2 :].any()


def test_an_unknown_category_names_the_known_ones(maker, cache, tmp_path, capsys):
    maker.sh3f()
    words = ["data", "assets", str(maker.folder), "--cache", str(cache), "--num-workers", "1"]
    assert cli.main([*words, "--sheet", str(tmp_path / "s.png"), "--category", "Cars"]) == 2
    assert "has the category 'Cars'; choose from Blocks" in capsys.readouterr().err


def test_a_sheet_of_nothing_is_refused():
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    from situate.data.assets.sheet import model_sheet

    with pytest.raises(InputError, match="0 models to draw"):
        model_sheet([])
