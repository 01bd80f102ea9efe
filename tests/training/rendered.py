"""Lines in a script the base cannot read: small Latin letters drawn with Armenian shapes.

Digits, capitals and punctuation are drawn as they are; the base reads them.
"""

from __future__ import annotations

import random
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from recognition.crops import Image, crop_sha256
from training.job import Item, write_job
from training.settings import TrainSettings
from training.splits import Split

SHAPES = dict(zip("abdeghiklmnorstu", "աբդեզէըթժիլխծկհձ", strict=True))
FAST = TrainSettings(passes=20, min_steps=60, max_steps=80, learning_rate=2e-3)


def draw_line(text: str, generator: random.Random) -> Image:
    """Black on near-white, uint8 [H, W, 3]; unknown characters are drawn as they are."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    name = generator.choice(["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
    font = ImageFont.truetype(str(fonts / name), generator.randint(26, 32))
    drawn = "".join(SHAPES.get(character, character) for character in text)
    width = max(round(font.getlength(drawn)) + 16, 24)
    image = PillowImage.new("RGB", (width, 48), (generator.randint(235, 255),) * 3)
    ImageDraw.Draw(image).text((8, generator.randint(2, 8)), drawn, font=font, fill=(20, 20, 20))
    return np.asarray(image, dtype=np.uint8)


def draw_text(generator: random.Random) -> str:
    """Two short words of the letters that have shapes, a number, capitals and punctuation."""
    letters = list(SHAPES)
    one, two = ("".join(generator.choices(letters, k=generator.randint(3, 6))) for _ in "ab")
    number = "".join(generator.choices("0123456789", k=3))
    capitals = "".join(generator.choices("ABDEHKMNRT", k=3))
    return f"{one} {number}, {capitals}; {two}!"


def make_job(
    folder: Path,
    store: Path,
    base_sha256: str,
    *,
    counts: dict[Split, int],
    settings: TrainSettings = FAST,
    extra: tuple[tuple[str, Split], ...] = (),
) -> list[Item]:
    """A job's folder with drawn lines, four to a document; `extra` adds texts to a split."""
    generator = random.Random(20)
    texts = [(draw_text(generator), split) for split, count in counts.items() for _ in range(count)]
    items: list[Item] = []
    (folder / "crops").mkdir(parents=True)
    for number, (text, split) in enumerate([*texts, *extra]):
        crop = draw_line(text, generator)
        sha256 = crop_sha256(crop)
        PillowImage.fromarray(crop).save(folder / "crops" / f"{sha256}.png")
        document = f"{split}-{number // 4}"
        items.append(Item(f"crops/{sha256}.png", text, split, document, sha256, number))
    write_job(folder, store=store, base_sha256=base_sha256, items=items, settings=settings)
    return items
