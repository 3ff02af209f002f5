"""Where an object could stand in a rendered scene: the true distribution of its places, and draws from it."""
