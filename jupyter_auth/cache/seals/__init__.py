"""What seals records, where its key is kept, and what tells an older copy of a store."""
