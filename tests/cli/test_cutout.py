"""`situate cutout` writes a foreground that compose takes, or says what to do."""

import cv2
import numpy as np
import pytest

from situate.cli.app import main
from situate.errors import InputError
from situate.imageio.foreground import prepare_foreground
from situate.imageio.read import read_picture
from situate.imageio.write import write_grey, write_picture
from situate.pipeline.demands import parsed_box
from situate.records.picture import Picture


@pytest.fixture
def photograph(tmp_path):
    """A red disc at (70, 50) on textured green."""
    pixels = np.random.default_rng(0).integers(60, 90, (100, 140, 3), dtype=np.uint8)
    pixels[..., 1] += 100
    cv2.circle(pixels, (70, 50), 25, (210, 30, 40), -1, cv2.LINE_AA)
    write_picture(Picture(pixels), tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize("options", [[], ["--box", "38,18,64,64"], ["--box", " 38, 18, 64, 64"]])
def test_the_object_is_found_and_written_as_a_foreground(photograph, tmp_path, capsys, options):
    output = tmp_path / "cut.png"
    assert main(["cutout", str(photograph), "-o", str(output), *options]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    foreground = prepare_foreground(read_picture(output))
    assert abs(foreground.width_px - 51) <= 2
    assert abs(foreground.height_px - 51) <= 2
    assert np.abs(foreground.pixels[25, 25].astype(int) - [210, 30, 40, 255]).max() <= 1


def test_a_mask_says_where_the_object_is(photograph, tmp_path):
    mask = np.zeros((100, 140), np.uint8)
    mask[40:60, 60:80] = 255
    write_grey(mask, tmp_path / "mask.png")
    output = tmp_path / "cut.webp"
    assert main(["cutout", str(photograph), "--output", str(output), "--mask", str(tmp_path / "mask.png")]) == 0
    foreground = prepare_foreground(read_picture(output))
    assert abs(foreground.width_px - 20) <= 4  # the border may move by a radius of 2 pixels on each side


def test_a_cut_out_of_a_whole_picture_is_still_a_foreground(photograph, tmp_path):
    write_grey(np.full((100, 140), 255, np.uint8), tmp_path / "mask.png")
    output = tmp_path / "cut.png"
    assert main(["cutout", str(photograph), "-o", str(output), "--mask", str(tmp_path / "mask.png")]) == 0
    assert prepare_foreground(read_picture(output)).pixels.shape == (100, 140, 4)


@pytest.mark.parametrize("matting", ["guided", "closed-form"])
def test_the_matting_is_chosen(photograph, tmp_path, capsys, matting):
    output = tmp_path / "cut.png"
    options = ["--box", "38,18,64,64", "--matting", matting]
    assert main(["cutout", str(photograph), "-o", str(output), *options]) == 0
    assert capsys.readouterr() == (f"{output}\n", "")
    foreground = prepare_foreground(read_picture(output))
    assert abs(foreground.width_px - 51) <= 2


def test_closed_form_gives_another_edge(photograph, tmp_path):
    for matting in ("guided", "closed-form"):
        assert main(["cutout", str(photograph), "-o", str(tmp_path / f"{matting}.png"), "--matting", matting]) == 0
    assert (tmp_path / "guided.png").read_bytes() != (tmp_path / "closed-form.png").read_bytes()


def test_the_same_call_gives_the_same_bytes(photograph, tmp_path):
    for name in ("a.png", "b.png"):
        assert main(["cutout", str(photograph), "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--box", "1,2,3"], "not four numbers"),
        (["--box", "1,2,3,4,5"], "not four numbers"),
        (["--box", "a,b,c,d"], "not four numbers"),
        (["--box", ""], "not four numbers"),
        (["--box", "100,2,60,20"], "leaves the picture, which is 140 x 100"),
        (["--box=-3,2,60,20"], "leaves the picture"),
        (["--box", "10,10,0,20"], "no area"),
        (["--box", "0,0,140,100"], "covers the whole picture"),
        (["--box", "2,2,10,10"], "GrabCut found no object"),  # nothing but background in it
        (["--mask", "missing.png"], "does not exist"),
        (["--mask", "{photo}", "--box", "1,2,3,4"], "pass one of them"),
        (["--mask", "{small}"], r"20 x 10 pixels"),
        (["--mask", "{black}"], r"marks 0\.0 %"),
        (["--matting", "sharp"], "sharp is not a folder; pass guided, closed-form, or a folder"),
    ],
)
def test_what_cannot_be_cut_out_is_refused_and_nothing_written(photograph, tmp_path, capsys, options, found):
    write_grey(np.full((10, 20), 255, np.uint8), tmp_path / "small.png")
    write_grey(np.zeros((100, 140), np.uint8), tmp_path / "black.png")
    places = {"photo": photograph, "small": tmp_path / "small.png", "black": tmp_path / "black.png"}
    output = tmp_path / "cut.png"
    assert main(["cutout", str(photograph), "-o", str(output), *(word.format(**places) for word in options)]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert found.replace("\\", "") in message
    assert not list(tmp_path.glob("cut*"))


@pytest.mark.parametrize("name", ["cut.jpg", "cut", "missing/cut.png"])
def test_a_bad_output_is_found_before_the_photograph_is_read(tmp_path, capsys, name):
    assert main(["cutout", "missing.png", "-o", str(tmp_path / name)]) == 2
    assert name in capsys.readouterr().err


def test_a_missing_photograph_is_refused_by_name(tmp_path, capsys):
    assert main(["cutout", "missing.png", "-o", str(tmp_path / "cut.png")]) == 2
    assert "error: missing.png does not exist" in capsys.readouterr().err


def test_a_box_is_read_in_pixels():
    assert parsed_box("1, 2.5,30,40") == (1, 2.5, 30, 40)
    for text in ("1;2;30;40", "1,2,30", "1,2,30,inf", ""):
        with pytest.raises(InputError, match="for example"):
            parsed_box(text)
