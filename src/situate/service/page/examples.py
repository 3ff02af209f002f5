"""Pictures of the package that the page can be tried with."""

from dataclasses import dataclass
from importlib import resources

from situate.service.page.files import result_file


@dataclass(frozen=True)
class Example:
    """A background and an object, by the names of their files."""

    name: str
    background: str
    foreground: str

    def files(self, folder: str) -> list[str]:
        """Put both into the page's folder; return their paths there."""
        shipped = resources.files("situate") / "examples"
        parts = (("backgrounds", self.background), ("foregrounds", self.foreground))
        return [result_file((shipped / part / name).read_bytes(), name, folder) for part, name in parts]


EXAMPLES = (
    Example("Bench", "park.jpg", "bench.png"),
    Example("Cone", "road.jpg", "cone.png"),
    Example("Ball", "playing-field.jpg", "ball.png"),
    Example("Barrier", "street.jpg", "barrier.png"),
)
