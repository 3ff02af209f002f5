"""What the grey values of a mask mean."""

from pydantic import BaseModel, ConfigDict, Field

from situate.errors import InputError

_EXAMPLE = "object=255,shadow=50,ignore=85,170"


class MaskValues(BaseModel):
    """Grey values of a mask; 0 is background, and so is nothing else. The defaults are those of CDnet.

    Attributes:
        object: Pixels of objects.
        shadow: Pixels of their shadows.
        ignore: Pixels of which the annotator was not sure, or that are outside the region of interest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    object: tuple[int, ...] = Field(default=(255,), min_length=1)
    shadow: tuple[int, ...] = (50,)
    ignore: tuple[int, ...] = (85, 170)

    @property
    def named(self) -> tuple[int, ...]:
        """All values that mean something, and 0."""
        return (0, *self.object, *self.shadow, *self.ignore)


def parse_mask_values(text: str) -> MaskValues:
    """Read `object=255,shadow=50,ignore=85,170`; a number without a name belongs to the name before it.

    Raises:
        InputError: If it is not of that form, or a value is not in 1 to 255 or has two meanings.
    """
    values: dict[str, list[int]] = {}
    name = ""
    for part in text.split(","):
        before, equals, after = part.strip().rpartition("=")
        name = before.strip() if equals else name
        if name not in MaskValues.model_fields or (equals and name in values):
            raise _problem(text, f"{part.strip()!r} does not name object, shadow or ignore once")
        values.setdefault(name, []).append(_grey(after.strip(), text))
    every = [value for those in values.values() for value in those]
    if len(set(every)) < len(every):
        raise _problem(text, "a value has two meanings")
    if "object" not in values:
        raise _problem(text, "no value means object")
    return MaskValues(
        object=tuple(values["object"]), shadow=tuple(values.get("shadow", ())), ignore=tuple(values.get("ignore", ()))
    )


def _grey(word: str, text: str) -> int:
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 255):
        raise _problem(text, f"{word!r} is not a whole number from 1 to 255")
    return int(word)


def _problem(text: str, problem: str) -> InputError:
    return InputError(f"mask values {text!r}: {problem}; write them like {_EXAMPLE}")
