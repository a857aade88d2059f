"""What a person sees, in a real browser; a process shares one shop (``shop.py``) over all modules here."""
