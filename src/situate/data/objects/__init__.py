"""Objects of a picture, whatever annotated them: their masks, how good they are, which are too small or cut."""
