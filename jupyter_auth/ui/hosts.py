"""What is known of the pages that show this kernel's output.

A kernel cannot ask a page anything while a cell runs, and no environment variable tells what a page can
show: VS Code, Voilà and Colab each have widgets, unless they are switched off, blocked or not loaded. So only
what has been seen counts: a page in which one of our widgets has spoken can show another.
"""

_have_spoken = False


def note_widgets() -> None:
    """A widget of ours has spoken."""
    global _have_spoken  # noqa: PLW0603 -- of this kernel, for as long as it lives
    _have_spoken = True


def show_widgets() -> bool:
    """True where the kernel's pages have been seen to show widgets of ours."""
    return _have_spoken
