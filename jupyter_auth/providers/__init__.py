"""Identity providers: stateless protocol engines behind one small interface (layer L2)."""
