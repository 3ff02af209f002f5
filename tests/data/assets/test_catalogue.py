import zipfile

import pytest

from situate.data.assets.catalogue import read_catalogue, scan_catalogue
from situate.data.assets.properties import parsed_properties
from situate.errors import DataError


def test_properties_know_escapes_comments_and_long_lines():
    text = (
        "# none=1\n! none=2\n  name#1 = Caf\\u00e9 \xe9\nlong=one \\\n   two\npath=C\\:\\\\x\nempty=\nkey\\ two:value\n"
    )
    assert parsed_properties(text.encode("latin-1")) == {
        "name#1": "Café é",
        "long": "one two",
        "path": "C:\\x",
        "empty": "",
        "key two": "value",
    }


def test_an_archive_gives_models_in_metres(maker):
    maker.sh3f(
        maker.item(1, "Maker#first", dropOnTopElevation="38.5", elevation="120", movable="false"),
        maker.item(2, "Maker#second", name="", dropOnTopElevation="-1", modelRotation="0 0 1 0 1 0 -1 0 0"),
        licence="Creative Commons Attribution 3.0 Unported license \xa9 Ann",
    )
    first, second = read_catalogue(maker.folder)
    assert (first.key, first.name, first.category, first.creator) == ("Maker#first", "Block 1", "Blocks", "Ann Example")
    assert (first.size_m, first.top_m, first.elevation_m) == ((0.2, 0.6, 0.4), 0.385, 1.2)
    assert (first.is_movable, first.licence, first.member) == (False, "CC-BY-3.0", "block/block.obj")
    assert (second.name, second.top_m, second.elevation_m, second.is_movable) == ("second", None, 0.0, True)
    assert second.rotation == (0, 0, 1, 0, 1, 0, -1, 0, 0)


def test_models_can_be_members_of_sets_and_archives_lie_deeper(maker):
    (maker.folder / "deep").mkdir()
    maker.sh3f(name="deep/blocks.sh3f")
    (model,) = read_catalogue(maker.folder)
    assert {model: 1}[model] == 1
    assert model.licence == "CC0-1.0"


def test_an_item_without_id_is_named_by_its_file(maker):
    maker.sh3f(maker.item(1, "", name=""))
    (model,) = read_catalogue(maker.folder)
    assert (model.key, model.name) == ("block/block.obj", "/block/block.obj")


def test_a_plain_folder_is_read_by_its_table(maker):
    maker.table("block/block.obj,Block,blocks,0.2,0.6,0.4,0.35,Ann,CC0-1.0")
    (model,) = read_catalogue(maker.folder)
    assert (model.key, model.category, model.size_m) == ("block/block.obj", "blocks", (0.2, 0.6, 0.4))
    assert (model.top_m, model.creator, model.licence) == (0.35, "Ann", "CC0-1.0")


def test_columns_that_may_be_missing_are_missing(maker):
    maker.table("block/block.obj,Block,blocks,0.2,0.6,0.4", header="file,name,kind,width_m,depth_m,height_m")
    (model,) = read_catalogue(maker.folder)
    assert (model.top_m, model.creator, model.licence) == (None, "", "")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"width": "0"}, "width_m is 0"),  # cannot be scaled to nothing
        ({"height": "-3"}, "height_m is -0.03"),
        ({"depth": "wide"}, "depth_m is 'wide'"),
        ({"depth": "nan"}, "depth_m is 'nan'"),
        ({"model": "/../../etc/passwd.obj"}, "leads out of its archive"),  # zip slip
        ({"model": "/block/C:/x/../y.obj"}, "leads out of its archive"),
        ({"model": "/block/none.obj"}, "block/none.obj is missing"),
        ({"model": "/block/front.png"}, "no model that can be read"),
        ({"model": ""}, "leads out of its archive"),  # nothing named
        ({"modelRotation": "1 0 0"}, "give nine numbers"),
        ({"modelRotation": "1 0 0 0 1 0 0 0 0"}, "determinant 0"),  # would make it flat
    ],
)
def test_a_wrong_entry_is_told_and_the_others_stay(maker, values, reason):
    maker.sh3f(maker.item(1, "wrong", **values), maker.item(2, "right"))
    catalogue = scan_catalogue(maker.folder)
    assert [model.key for model in catalogue.models] == ["right"]
    (unusable,) = catalogue.unusable
    assert unusable.key == "wrong"
    assert reason in unusable.reason
    assert "blocks.sh3f" in unusable.place


def test_of_two_models_with_one_key_the_first_stays(maker):
    maker.sh3f(maker.item(1, "a"), maker.item(2, "b"))
    maker.sh3f(maker.item(1, "b"), name="more.sh3f")
    catalogue = scan_catalogue(maker.folder)
    assert [(model.key, model.archive.name) for model in catalogue.models] == [
        ("a", "blocks.sh3f"),
        ("b", "blocks.sh3f"),
    ]
    (repeated,) = catalogue.unusable
    assert "more.sh3f" in repeated.place
    assert "'b' is already that of" in repeated.reason


def test_a_row_of_the_table_with_too_few_or_too_many_fields_is_told(maker):
    maker.table("block/block.obj,Block", "block/block.obj,Block,blocks,0.2,0.6,0.4,,,", "a,b,c,1,1,1,1,d,e,f")
    catalogue = scan_catalogue(maker.folder)
    assert len(catalogue.models) == 1
    assert ["line 2" in wrong.reason or "line 4" in wrong.reason for wrong in catalogue.unusable] == [True, True]


def test_a_link_out_of_the_folder_is_not_followed(maker, tmp_path):
    (tmp_path / "secret.obj").write_text("v 0 0 0\n")
    maker.table("secret.obj,Secret,blocks,1,1,1,,,")
    (maker.folder / "secret.obj").symlink_to(tmp_path / "secret.obj")
    assert "secret.obj is missing" in scan_catalogue(maker.folder).unusable[0].reason


def test_a_table_without_a_column_names_it(maker):
    maker.table("block/block.obj,Block", header="file,name")
    with pytest.raises(DataError, match=r"models.csv has no column kind, width_m, depth_m, height_m"):
        read_catalogue(maker.folder)


def test_a_table_that_is_no_text_is_refused(maker):
    maker.table().write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(DataError, match=r"models.csv cannot be read as a table"):
        read_catalogue(maker.folder)


def test_a_missing_or_empty_folder_names_the_remedy(maker):
    for folder in (maker.folder, maker.folder / "none"):
        with pytest.raises(DataError, match="situate data assets"):
            read_catalogue(folder)


def test_a_truncated_archive_is_refused_by_name(maker):
    path = maker.sh3f()
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(DataError, match=r"blocks.sh3f is no whole zip archive .* get the archive again"):
        read_catalogue(maker.folder)


def test_an_archive_without_a_catalogue_is_refused(maker):
    with zipfile.ZipFile(maker.folder / "other.sh3f", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match=r"other.sh3f: PluginFurnitureCatalog.properties is missing"):
        read_catalogue(maker.folder)
