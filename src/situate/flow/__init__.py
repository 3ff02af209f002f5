"""Flow matching: path, sampling and the noise template. Pure maths; a model is a callable here."""
