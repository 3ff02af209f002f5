"""The words by which a written composite says that it is one."""

from dataclasses import dataclass

from PIL import Image

from situate import __version__

SOFTWARE = f"situate {__version__}"
_IMAGE_DESCRIPTION_TAG = 0x010E
_SOFTWARE_TAG = 0x0131


@dataclass(frozen=True)
class CompositeStamp:
    """Which model made a composite, from which seed.

    Attributes:
        model_fingerprint: Short hash of the model's weights and config.
        seed: Seed of the run.
    """

    model_fingerprint: str
    seed: int

    @property
    def description(self) -> str:
        """The sentence that is written into the file."""
        return f"Composite made by situate {__version__}, model {self.model_fingerprint}, seed {self.seed}"

    def to_exif(self) -> bytes:
        """EXIF block with `Software` and `ImageDescription`, and no orientation: the pixels are upright."""
        exif = Image.Exif()
        exif[_SOFTWARE_TAG] = SOFTWARE
        exif[_IMAGE_DESCRIPTION_TAG] = self.description
        return exif.tobytes()
