"""``jupyter auth profiles``: what one can sign in to."""
