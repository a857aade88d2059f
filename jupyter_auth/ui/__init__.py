"""What a person sees: the prompt in a cell, and the words it is written with (layer L6)."""
