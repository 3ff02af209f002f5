"""The suite `photos` of `situate evaluate`: how well a model knows where objects stood in held-out triples."""
