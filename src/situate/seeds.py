"""One seed per thing, derived from a run's seed and a key, so that order, batch and workers never change a result."""

import hashlib

SEED_BITS = 63


def seed_for(run_seed: int, *key: int | str) -> int:
    """Return the seed in [0, 2^63) of the thing named by `key` in a run seeded with `run_seed`."""
    text = "\x1f".join([str(run_seed), *(f"{type(part).__name__}:{part}" for part in key)])
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - SEED_BITS)
