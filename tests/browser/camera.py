"""Takes the documentation's pictures: each in the light and in the dark theme, as small as it can be."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page

from tests.browser.lab import set_theme

IMAGES = Path(__file__).parents[2] / "docs" / "images"
THEMES = ("light", "dark")
COLOURS = 256  # of a picture: enough for text, icons and shadows


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A page in which something is to be seen, and the folder for its pictures."""

    page: Page
    folder: Path

    def take(self, what: Locator, name: str, margin: int = 0) -> None:
        """A picture of one part of the page in each theme; ``margin`` is px of what is around it."""
        for theme in THEMES:
            self.use(theme)
            self.take_now(what, f"{name}-{theme}", margin)

    def use(self, theme: str) -> None:
        """Switch the theme, and wait until it is there."""
        set_theme(self.page, f"JupyterLab {theme.title()}")

    def take_now(self, what: Locator, name: str, margin: int = 0) -> None:
        """A picture as things are."""
        what.scroll_into_view_if_needed()
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(400)  # a theme's last colours, and what fades
        box = what.bounding_box()
        if box is None:
            raise RuntimeError(f"{name} is not to be seen")
        clip = FloatRect(
            x=max(0, box["x"] - margin),
            y=max(0, box["y"] - margin),
            width=box["width"] + 2 * margin,
            height=box["height"] + 2 * margin,
        )
        pack(self.page.screenshot(clip=clip, animations="disabled"), self.folder / f"{name}.png")


def pack(shown: bytes, file: Path) -> None:
    """Write a picture with as few bytes as it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(shown)).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


def hide_notifications(page: Page) -> None:
    """They have a picture of their own, and would lie over others."""
    page.add_style_tag(content=".Toastify { display: none; }")
