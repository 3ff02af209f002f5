"""The suite `composites`: real pictures put together again at the true place, object and shadow judged apart."""
