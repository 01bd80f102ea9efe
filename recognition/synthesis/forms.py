"""Forms on A4 at 150 dots to the inch: printed in ruled boxes, filled in on a typewriter."""

from __future__ import annotations

from recognition.synthesis import words
from recognition.synthesis.faces import Face
from recognition.synthesis.receipts import pick_language
from recognition.synthesis.sheet import Colour, Draft, Paper, Sheet
from recognition.synthesis.words import Language, Rng, pick

_WIDTH, _HEIGHT = 1240, 1754
_LEFT, _RIGHT = 110, 1130
_TYPED: Colour = (40, 38, 64)
_TITLES = {
    Language.ENGLISH: (
        "Application for a Market Stall", "Notice of Removal", "Claim for Storm Damage",
        "Registration of a Boat", "Request for Library Access",
    ),
    Language.GERMAN: (
        "Antrag auf einen Marktstand", "Anzeige eines Umzugs", "Meldung eines Sturmschadens",
        "Anmeldung eines Bootes", "Antrag auf Benutzung der Bücherei",
    ),
}  # fmt: skip
_OFFICES = {
    Language.ENGLISH: "Borough of {town} - Office of Records",
    Language.GERMAN: "Gemeinde {town} - Amt für Urkunden",
}
_FIELDS = {
    Language.ENGLISH: (
        "Family name", "Given name", "Street and number", "Postcode and town", "Date of birth",
        "Telephone", "Occupation", "Nationality", "Reference number", "Amount claimed",
        "Date of entry", "Received by",
    ),
    Language.GERMAN: (
        "Familienname", "Vorname", "Straße und Hausnummer", "Postleitzahl und Ort", "Geburtsdatum",
        "Telefon", "Beruf", "Staatsangehörigkeit", "Aktenzeichen", "Betrag", "Eingang am",
        "Bearbeitet von",
    ),
}  # fmt: skip
_OCCUPATIONS = {
    Language.ENGLISH: (
        "Bookbinder", "Ferry pilot", "Nurse", "Clockmaker", "Teacher", "Gardener", "Stonemason",
    ),
    Language.GERMAN: (
        "Buchbinderin", "Fährmann", "Krankenpfleger", "Uhrmacher", "Lehrerin", "Gärtner",
    ),
}  # fmt: skip
_NATIONS = {
    Language.ENGLISH: ("British", "Irish", "Danish", "Portuguese"),
    Language.GERMAN: ("deutsch", "österreichisch", "dänisch", "polnisch"),
}
_CHOICES = {
    Language.ENGLISH: ("New entry", "Renewal", "Change", "Withdrawal"),
    Language.GERMAN: ("Neu", "Verlängerung", "Änderung", "Löschung"),
}
_REMARKS = {
    Language.ENGLISH: (
        "The roof lost about forty slates in the night.",
        "Documents were handed in at the counter.",
        "A photograph of the gate is attached.", "Please write to the new address only.",
        "The former certificate was lost in the move.", "Two neighbours can bear witness.",
        "Payment has been made at the post office.", "No reply to the earlier notice was received.",
    ),
    Language.GERMAN: (
        "Das Dach hat rund vierzig Ziegel verloren.", "Unterlagen am Schalter abgegeben.",
        "Ein Lichtbild des Tores liegt bei.", "Bitte nur an die neue Anschrift schreiben.",
        "Die alte Urkunde ging beim Umzug verloren.", "Zwei Nachbarn können es bezeugen.",
        "Gebühr bei der Post eingezahlt.", "Auf die erste Anzeige kam keine Antwort.",
    ),
}  # fmt: skip
_WORDS = {
    Language.ENGLISH: {
        "fill": "Please type or write in block letters. Leave shaded boxes empty.",
        "kind": "Kind of request", "remarks": "Remarks", "part": "Part", "sign": "Signature",
        "form": "Form", "office": "For office use",
    },
    Language.GERMAN: {
        "fill": "Bitte mit Maschine oder in Druckschrift ausfüllen. Graue Felder frei lassen.",
        "kind": "Art des Antrags", "remarks": "Bemerkungen", "part": "Teil", "sign": "Unterschrift",
        "form": "Vordruck", "office": "Nur für das Amt",
    },
}  # fmt: skip


def draw_form(rng: Rng) -> Draft:
    """One page with a title, six rows of boxes, ticks and remarks."""
    language = pick_language(rng)
    label = _WORDS[language]
    sheet = Sheet(_WIDTH, _HEIGHT)
    typed = Face.TYPEWRITER if language is Language.ENGLISH else Face.MONO
    size = 29.0 if typed is Face.TYPEWRITER else 24.0
    office = _OFFICES[language].format(town=pick(rng, words.TOWNS[language]))
    sheet.write(_LEFT, 110, office, Face.SERIF, 27)
    code = f"{label['form']} {int(rng.integers(10, 99))}/{'ABCDEF'[int(rng.integers(6))]}"
    sheet.write(_RIGHT, 110, code, Face.SANS, 20, align="right")
    sheet.rule(_LEFT, 128, _RIGHT, weight=3)
    sheet.write(_LEFT, 205, pick(rng, _TITLES[language]), Face.SERIF_BOLD, 50)
    sheet.write(_LEFT, 250, label["fill"], Face.SERIF_ITALIC, 24)
    values = _values(rng, language)
    fields = [int(i) for i in (0, 1, 2, 3)] + [int(i) for i in rng.permutation(6) + 4]
    y = 300
    for row in range(5):
        if row in (0, 2):
            name = f"{label['part']} {'A' if row == 0 else 'B'}"
            sheet.pen.rectangle([(_LEFT, y), (_RIGHT, y + 40)], fill=(52, 56, 62))
            sheet.write(_LEFT + 14, y + 29, name, Face.SANS_BOLD, 22, colour=(255, 255, 255))
            y += 40
        split = int(rng.choice((520, 620, 700)))
        for column, (x0, x1) in enumerate(((_LEFT, split), (split, _RIGHT))):
            index = fields[row * 2 + column]
            sheet.box(x0, y, x1, y + 104, weight=2)
            sheet.write(x0 + 12, y + 28, _FIELDS[language][index], Face.SANS, 18)
            jitter = float(rng.normal(0, 3))
            sheet.write(x0 + 26, y + 80 + jitter, values[index], typed, size, colour=_TYPED)
        y += 104
    y += 54
    _ticks(sheet, rng, y, language, label["kind"])
    y += 92
    _remarks(sheet, rng, y, language, typed, size)
    y += 330
    sheet.rule(_LEFT, y + 90, _LEFT + 430, weight=2)
    sheet.write(_LEFT, y + 118, label["sign"], Face.SANS, 18)
    sheet.box(690, y, _RIGHT, y + 130, weight=2, fill=(226, 226, 226))
    sheet.write(704, y + 28, label["office"], Face.SANS, 18)
    for offset, index in ((62, 10), (104, 11)):
        sheet.write(704, y + offset, f"{_FIELDS[language][index]}:", Face.SANS, 18)
    sheet.write(900, y + 62, values[10], typed, size - 3, colour=(150, 40, 52))
    sheet.write(900, y + 104, values[11], typed, size - 3, colour=(150, 40, 52))
    paper = Paper(aged=(236, 232, 214), show_through=0.3, creases=int(rng.integers(1, 4)))
    return Draft(sheet, paper)


def _values(rng: Rng, language: Language) -> tuple[str, ...]:
    """What is typed into each of the fields, in their order."""
    who = words.person(rng, language)
    file = (int(rng.integers(*limits)) for limits in ((100, 999), (10, 99), (1000, 9999)))
    given, family = who.name.split()
    birth = words.short_date(words.day(rng), language)
    entry = words.short_date(words.day(rng), language)
    return (
        family, given, who.street, who.town, birth, words.phone(rng, language),
        pick(rng, _OCCUPATIONS[language]), pick(rng, _NATIONS[language]),
        "{}-{}/{}".format(*file),
        words.money(int(rng.integers(2_000, 900_000)), language), entry,
        pick(rng, words.FAMILY[language]),
    )  # fmt: skip


def _ticks(sheet: Sheet, rng: Rng, y: int, language: Language, name: str) -> None:
    sheet.write(_LEFT, y, name, Face.SANS_BOLD, 21)
    chosen = int(rng.integers(4))
    for index, choice in enumerate(_CHOICES[language]):
        x = _LEFT + 330 + index * 200
        sheet.write(x, y, choice, Face.SANS, 20, align="centre")
        left, top, right, bottom = x - 14, y + 26, x + 14, y + 54
        sheet.box(left, top, right, bottom, weight=2)
        if index == chosen:
            sheet.pen.line([(left - 3, top + 2), (right + 4, bottom)], fill=_TYPED, width=4)
            sheet.pen.line([(right + 2, top - 4), (left, bottom + 3)], fill=_TYPED, width=4)


def _remarks(sheet: Sheet, rng: Rng, y: int, language: Language, typed: Face, size: float) -> None:
    sheet.box(_LEFT, y, _RIGHT, y + 280, weight=2)
    sheet.write(_LEFT + 12, y + 28, _WORDS[language]["remarks"], Face.SANS, 18)
    count = int(rng.integers(2, 5))
    for row, index in enumerate(rng.permutation(len(_REMARKS[language]))[:count]):
        base = y + 84 + row * 52
        sheet.rule(_LEFT + 14, base + 12, _RIGHT - 14, dash=3, colour=(120, 120, 120))
        text = _REMARKS[language][int(index)]
        sheet.write(_LEFT + 26, base + float(rng.normal(0, 1.5)), text, typed, size, colour=_TYPED)
