"""Training: losses, steps, state, hooks and the convergence rule."""
