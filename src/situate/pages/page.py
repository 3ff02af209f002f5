"""HTML pages that need nothing but themselves: styles and pictures are inside, text is escaped, light and dark."""

import base64
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

import cv2
import numpy as np
from jaxtyping import UInt8

from situate.data.png import encode_png
from situate.pages.table import Table

JPEG_QUALITY = 85

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$style</style>
</head>
<body>
$body
</body>
</html>
""")


def page(title: str, sections: Sequence[str]) -> str:
    """A whole page; `sections` are HTML already."""
    style = resources.files("situate.pages").joinpath("page.css").read_text(encoding="utf-8")
    return _PAGE.substitute(title=escape(title), style=style, body="\n".join(sections))


def paragraph(text: str, *, is_soft: bool = False) -> str:
    """Escaped text."""
    return f'<p class="soft">{escape(text)}</p>' if is_soft else f"<p>{escape(text)}</p>"


def heading(text: str, level: int = 2) -> str:
    """Escaped heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def key_figures(figures: Sequence[tuple[str, str]]) -> str:
    """Big numbers, each with what it is."""
    tiles = "".join(f"<div><b>{escape(value)}</b><span>{escape(text)}</span></div>" for value, text in figures)
    return f'<div class="key">{tiles}</div>'


def table_html(table: Table) -> str:
    """A table of text."""
    header = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'{heading(table.title, 3)}<div class="wide"><table class="numbers"><tr>{header}</tr>{rows}</table></div>'


def picture_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, is_pixelated: bool = False) -> str:
    """A table of pictures (made by `picture`), a row a sample."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    style = "pictures pixels" if is_pixelated else "pictures"
    return f'<div class="wide"><table class="{style}"><tr>{head}</tr>{body}</table></div>'


def picture(pixels: UInt8[np.ndarray, "h w c"], caption: str = "", *, is_lossless: bool = True) -> str:
    """A picture (RGB or RGBA) inside the page."""
    kind, content = ("png", encode_png(pixels)) if is_lossless else ("jpeg", _jpeg(pixels))
    inline = base64.b64encode(content).decode()
    note = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    height, width = pixels.shape[:2]
    text = escape(caption or "picture")
    return (
        f'<figure><img alt="{text}" width="{width}" height="{height}" src="data:image/{kind};base64,{inline}">'
        f"{note}</figure>"
    )


def _jpeg(pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    done, content = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done, "cv2 could not encode a JPEG"
    return content.tobytes()
