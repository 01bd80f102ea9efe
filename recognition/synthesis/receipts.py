"""Till receipts: narrow thermal paper, one fixed-width face, sums in a column of their own."""

from __future__ import annotations

from recognition.synthesis import words
from recognition.synthesis.faces import Face
from recognition.synthesis.sheet import Colour, Draft, Paper, Sheet
from recognition.synthesis.words import Language, Rng, pick

_TABLES: tuple[Colour, ...] = ((96, 74, 58), (70, 76, 84), (122, 112, 98), (58, 62, 58))
_LABELS = {
    Language.ENGLISH: {
        "till": "Till", "clerk": "Served by", "total": "TOTAL", "net": "Subtotal", "tax": "VAT 20%",
        "cash": "Cash", "card": "Card", "change": "Change", "items": "items",
        "number": "Receipt no.", "phone": "Tel.", "open": "Open daily 8 am to 9 pm",
        "thanks": "Thank you, please call again", "keep": "Goods exchanged within 14 days",
        "sign": "GBP",
    },
    Language.GERMAN: {
        "till": "Kasse", "clerk": "Es bediente Sie", "total": "SUMME", "net": "Zwischensumme",
        "tax": "MwSt 7%", "cash": "Bar", "card": "Karte", "change": "Rückgeld", "items": "Artikel",
        "number": "Beleg-Nr.", "phone": "Tel.", "open": "Täglich von 8 bis 20 Uhr",
        "thanks": "Vielen Dank für Ihren Einkauf", "keep": "Umtausch binnen 14 Tagen",
        "sign": "EUR",
    },
}  # fmt: skip


def draw_receipt(rng: Rng) -> Draft:
    """A receipt of one shop, with five to thirteen items."""
    language = pick_language(rng)
    label = _LABELS[language]
    count = int(rng.integers(5, 14))
    face, bold, size = Face.MONO, Face.MONO_BOLD, 23.0
    if rng.random() < 0.3:
        face, bold, size = Face.TYPEWRITER, Face.TYPEWRITER, 26.0
    if language is Language.GERMAN:  # the typewriter's face has no umlauts
        face, bold, size = Face.MONO, Face.MONO_BOLD, 23.0
    width, left, right, step = 560, 42, 518, 33
    sheet = Sheet(width, 640 + count * step + 120)
    place = words.person(rng, language)
    y = 78.0
    sheet.write(width / 2, y, pick(rng, words.SHOPS[language]), bold, 33, align="centre")
    for text in (place.street, place.town, f"{label['phone']} {words.phone(rng, language)}"):
        y += step if y > 80 else 44
        sheet.write(width / 2, y, text, face, size - 2, align="centre")
    y += 24
    sheet.rule(left, y, right, weight=2, dash=7)
    y += 36
    date = words.short_date(words.day(rng), language)
    time = f"{int(rng.integers(8, 21)):02d}:{int(rng.integers(60)):02d}"
    sheet.write(left, y, date, face, size)
    sheet.write(right, y, time, face, size, align="right")
    y += step
    sheet.write(left, y, f"{label['till']} {int(rng.integers(1, 9)):02d}", face, size)
    number = f"{int(rng.integers(1000, 99999)):06d}"
    sheet.write(right, y, f"{label['number']} {number}", face, size, align="right")
    y += 24
    sheet.rule(left, y, right, weight=2, dash=7)
    y += 38
    total = 0
    names = rng.permutation(len(words.GOODS[language]))[:count]
    for index in names:
        amount = int(rng.choice((1, 1, 1, 2, 3, 6)))
        price = int(rng.integers(39, 1299))
        total += amount * price
        name = words.GOODS[language][int(index)]
        sheet.write(left, y, f"{amount} x {name}" if amount > 1 else name, face, size)
        sheet.write(right, y, words.money(amount * price, language), face, size, align="right")
        y += step
    y -= 10
    sheet.rule(left, y, right, weight=1)
    y += 44
    sheet.write(left, y, label["total"], bold, 32)
    total_text = f"{label['sign']} {words.money(total, language)}"
    sheet.write(right, y, total_text, bold, 32, align="right")
    y += 44
    rate = 20 if language is Language.ENGLISH else 7
    tax = round(total * rate / (100 + rate))
    rows = [(label["net"], total - tax), (label["tax"], tax)]
    if rng.random() < 0.5:
        given = (total // 500 + 1) * 500
        rows += [(label["cash"], given), (label["change"], given - total)]
    else:
        rows += [(label["card"], total)]
    for name, cents in rows:
        sheet.write(left, y, name, face, size)
        sheet.write(right, y, words.money(cents, language), face, size, align="right")
        y += step
    y -= 8
    sheet.rule(left, y, right, weight=2, dash=7)
    y += 38
    clerk = pick(rng, words.GIVEN[language])
    for text in (f"{count} {label['items']} - {label['clerk']} {clerk}", label["keep"],
                 label["thanks"]):  # fmt: skip
        sheet.write(width / 2, y, text, face, size - 3, align="centre")
        y += step - 2
    _barcode(sheet, rng, y)
    sheet.height = int(y + 110)
    sheet.image = sheet.image.crop((0, 0, width, sheet.height))
    paper = Paper(
        colour=(250, 250, 250),
        aged=(238, 234, 226),
        surface=_TABLES[int(rng.integers(len(_TABLES)))],
        margin=46,
        creases=int(rng.integers(2, 6)),
    )
    return Draft(sheet, paper)


def pick_language(rng: Rng) -> Language:
    """English or German."""
    return Language(pick(rng, tuple(Language)))


def _barcode(sheet: Sheet, rng: Rng, y: float) -> None:
    x = 130.0
    while x < 430:
        bar = int(rng.choice((2, 2, 4, 6)))
        sheet.pen.rectangle([(x, y), (x + bar - 1, y + 62)], fill=(24, 22, 24))
        x += bar + int(rng.choice((2, 4, 6)))
