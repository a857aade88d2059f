"""Values, errors, scopes, freshness and frames: the standard library only (layer L0)."""
