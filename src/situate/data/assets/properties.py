"""Java properties files, which catalogues of Sweet Home 3D are written in."""

import re

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_LINE = re.compile(r"((?:\\.|[^\\=:\s])+)\s*[=:]?\s*(.*)", re.DOTALL)


def parsed_properties(content: bytes) -> dict[str, str]:
    """Return key and value of every line; Latin-1 with Unicode escapes, comments, lines that go on after a backslash.

    Source:
        java.util.Properties.load of the Java platform.
    """
    values, line = {}, ""
    for piece in content.decode("latin-1").splitlines():
        stripped = piece.lstrip()
        if not line and (not stripped or stripped[0] in "#!"):
            continue
        line += stripped
        if _goes_on(line):
            line = line[:-1]
            continue
        if match := _LINE.fullmatch(line):
            values[_unescaped(match[1])] = _unescaped(match[2])
        line = ""
    return values


def _goes_on(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _character(match[1]), text)


def _character(escaped: str) -> str:
    return chr(int(escaped[1:], 16)) if len(escaped) > 1 else _PLAIN.get(escaped, escaped)
