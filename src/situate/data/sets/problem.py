"""Something wrong with a data set, named so that it can be mended."""

from dataclasses import dataclass

from situate.errors import DataError

MAKE_AGAIN = "make the data set again, or copy it again from where it is whole"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file or a triple, and what to do."""

    where: str
    what: str
    remedy: str = MAKE_AGAIN

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.where}: {self.what}; {self.remedy}"


def problem_of(error: DataError, where: str) -> Problem:
    """Return what an error says of `where`; its message ends with the remedy."""
    what, _, remedy = str(error).rpartition("; ")
    return Problem(where, what.removeprefix(where).lstrip(".: "), remedy)
