"""Every code block of the documentation is run, or says why not: see `writing` for what an author writes."""
