"""Items of work are done by several workers, which are processes of this machine or Ray actors of a cluster."""

from collections.abc import Callable, Generator, Sequence
from importlib.util import find_spec
from typing import Literal, TypeVar, get_args

from situate.errors import ConfigError, MissingExtraError
from situate.sharding.pool import LocalCrew, check_num_workers
from situate.sharding.schedule import Schedule

Engine = Literal["local", "ray"]
Item = TypeVar("Item")
Result = TypeVar("Result")


def check_engine(engine: Engine) -> None:
    """Look whether the engine can be used.

    Raises:
        ConfigError: If there is none of this name.
        MissingExtraError: If its library is not installed.
    """
    if engine not in get_args(Engine):
        raise ConfigError(f"engine is {engine!r}; choose one of {', '.join(get_args(Engine))}")
    if engine == "ray" and find_spec("ray") is None:
        raise MissingExtraError("ray", "ray")


def run_items(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    num_workers: int,
    engine: Engine = "local",
    prepare: Callable[[], None] | None = None,
) -> Generator[tuple[int, Result], None, None]:
    """Do `work` on every item; give the position of each and its result as they are done, in no stated order.

    One worker of the engine `local` is this process itself, which is left as it is: `prepare` is not called, for it
    calms a process that is one of many (threads, locks). Otherwise each worker has one item at a time. When a worker
    is killed, a new one begins its item again, and the others go on undisturbed. However the iteration ends (an error,
    Ctrl-C, `close`), no worker is left running.

    Args:
        work: Must be picklable, as its items and results must.
        items: What to do it on.
        num_workers: Workers; no more are started than there are items.
        engine: Who the workers are. Ray uses the cluster at RAY_ADDRESS, or starts one on this machine.
        prepare: Called once in each worker; must be picklable.

    Raises:
        ConfigError: If `num_workers` is under 1 or the engine unknown.
        MissingExtraError: If the engine's library is not installed.
        SituateError: If an item, or `prepare`, has cost three workers.
        Exception: What `work` or `prepare` raises, with its own type; work that has not begun is dropped.
    """
    check_num_workers(num_workers)
    check_engine(engine)
    num_workers = min(num_workers, len(items))
    if engine == "local" and num_workers <= 1:
        return ((position, work(item)) for position, item in enumerate(items))
    return _results(work, items, num_workers, engine, prepare)


def _results(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    num_workers: int,
    engine: Engine,
    prepare: Callable[[], None] | None,
) -> Generator[tuple[int, Result], None, None]:
    if not items:
        return
    if engine == "local":
        yield from Schedule(LocalCrew(work, prepare), items, num_workers).results()
        return
    from situate.sharding.ray_actors import ray_crew

    with ray_crew(work, prepare, num_workers) as crew:
        yield from Schedule(crew, items, num_workers).results()
