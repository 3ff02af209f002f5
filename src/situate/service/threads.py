"""Who uses how many processors: the networks all of them, what surrounds them one each.

PyTorch keeps a team of threads for each thread that computes on several. With more threads than processors a team waits
in a way that leaves processors to others, and the networks take a third longer; so there is to be one team only.
"""

import torch


def use_processors(number: int) -> None:
    """Let what PyTorch does in this thread use so many."""
    # Asked first: the first question of a thread sets its number to what any thread was given last.
    if torch.get_num_threads() != number:
        torch.set_num_threads(number)
