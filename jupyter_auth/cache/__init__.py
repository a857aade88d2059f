"""The token cache: records, stores, sealing, and the memory above them (layer L3)."""
