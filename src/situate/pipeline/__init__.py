"""From pictures to composites: the diffusers pipeline, the `Composer` round it, and loading of model folders."""
