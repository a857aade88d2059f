"""``jupyter auth doctor``: known faults, each with its remedy; and what an administrator has set."""
