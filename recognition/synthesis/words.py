"""Invented names, places, goods and sums. Every person, firm and address here is made up."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

Rng = np.random.Generator


class Language(StrEnum):
    """The languages of modern documents."""

    ENGLISH = "en"
    GERMAN = "de"


def pick(rng: Rng, choices: tuple[str, ...]) -> str:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


GIVEN = {
    Language.ENGLISH: (
        "Alice", "Bernard", "Clara", "Dorothy", "Edmund", "Fiona", "Gareth", "Harriet", "Imogen",
        "Jasper", "Kathleen", "Leonard", "Miriam", "Nigel", "Olive", "Percival", "Rosalind",
        "Stanley", "Tabitha", "Vernon", "Winifred",
    ),
    Language.GERMAN: (
        "Anneliese", "Bruno", "Cäcilie", "Detlef", "Elfriede", "Friedhelm", "Gesine", "Holger",
        "Irmgard", "Jürgen", "Käthe", "Lorenz", "Margarete", "Norbert", "Ottilie", "Reinhold",
        "Sigrid", "Thilo", "Ursula", "Volker", "Walburga",
    ),
}  # fmt: skip
FAMILY = {
    Language.ENGLISH: (
        "Ashdown", "Birtwell", "Cobbleford", "Dunmarsh", "Ellerwick", "Fernsby", "Grimshall",
        "Hartlebury", "Ickworth", "Jessamy", "Kelverton", "Lockridge", "Marlowby", "Netherwood",
        "Oakhanger", "Pellworth", "Quillfeather", "Rushbrook", "Standerwick", "Thistlewood",
        "Underhay", "Wexcombe",
    ),
    Language.GERMAN: (
        "Ackerknecht", "Birkenfelder", "Dornbusch", "Eichhöfer", "Flössner", "Grünwedel",
        "Hasenöhrl", "Immergrün", "Kesselhuth", "Lindenthaler", "Mühlenbrock", "Nussbaumer",
        "Osterloh", "Pfannschmidt", "Quittenbaum", "Rübesam", "Schönemark", "Tannhofer",
        "Uhlenbusch", "Weißgerber", "Zuckschwert",
    ),
}  # fmt: skip
STREETS = {
    Language.ENGLISH: (
        "Lantern Row", "Pickerel Lane", "Old Foundry Street", "Cooper's Yard", "Weir Road",
        "Magpie Terrace", "Harbour Steps", "Saddler Street", "Millrace Close", "Plum Tree Court",
    ),
    Language.GERMAN: (
        "Amselgrund", "Brückenweg", "Färbergasse", "Glockengießerstraße", "Am Hechtteich",
        "Kirschgartenweg", "Lindenzeile", "Mühlgraben", "Seilerbahn", "Torfstecherweg",
    ),
}  # fmt: skip
TOWNS = {
    Language.ENGLISH: (
        "Wetherby Marsh", "Port Ellery", "Great Stowling", "Kingsferry", "Lower Hambrough",
        "Saltonbridge", "Thornmouth", "Upper Denby Vale",
    ),
    Language.GERMAN: (
        "Altenmoor", "Birkenried", "Grünhafen", "Kaltenbrunn an der Ilse", "Mühlenrode",
        "Neufähr", "Steinwedel", "Wolfsberge",
    ),
}  # fmt: skip
FIRM_WORDS = {
    Language.ENGLISH: (
        "Bellwether", "Copperfield & Vane", "Dovetail", "Evergreen", "Foxglove", "Halcyon",
        "Longshore", "Meridian", "North Quay", "Silverbirch", "Tallow & Wick", "Whitestone",
    ),
    Language.GERMAN: (
        "Bergkristall", "Drosselbart", "Ehrenpreis", "Feldmann & Söhne", "Goldregen",
        "Hagebutte", "Kranichhof", "Morgenrot", "Nordlicht", "Silberdistel", "Wacholder",
    ),
}  # fmt: skip
FIRM_TRADES = {
    Language.ENGLISH: (
        "Bookbinders", "Instruments Ltd", "Insurance Brokers", "Joinery", "Marine Supplies",
        "Paper Mills", "Seed Merchants", "Surveyors", "Textiles Ltd",
    ),
    Language.GERMAN: (
        "Baustoffe GmbH", "Buchhandlung", "Feinmechanik KG", "Gartenbau", "Papierfabrik AG",
        "Spedition", "Tuchweberei", "Versicherungen",
    ),
}  # fmt: skip
GOODS = {
    Language.ENGLISH: (
        "Brown bread", "Butter salted", "Cheddar mature", "Cherry jam", "Chicken soup",
        "Coffee beans", "Cucumber", "Dish cloth 3pk", "Earl Grey tea", "Eggs large x6",
        "Ginger biscuits", "Green apples", "Honey clear", "Kitchen roll", "Lemon curd",
        "Light bulb 40W", "Mint toothpaste", "Mushrooms", "New potatoes", "Oat milk 1L",
        "Olive oil", "Orange juice", "Paper bag", "Peanut butter", "Plain flour", "Red onions",
        "Rice pudding", "Sea salt", "Smoked trout", "Sparkling water", "Tinned pears",
        "Tomato soup", "Vinegar malt", "Washing powder", "Yoghurt natural",
    ),
    Language.GERMAN: (
        "Apfelsaft trüb", "Bergkäse", "Blumenerde 5L", "Brötchen 4 St", "Butter mild",
        "Eier Größe M", "Erdbeerjoghurt", "Essiggurken", "Frischmilch", "Gemüsebrühe",
        "Glühbirne 40W", "Grüner Tee", "Haferflocken", "Himbeeressig", "Kaffee gemahlen",
        "Kartoffeln", "Knäckebrot", "Küchentücher", "Leinöl kalt", "Mineralwasser",
        "Möhren Bund", "Nussecken", "Pfandflasche", "Pflaumenmus", "Quark mager", "Räucherlachs",
        "Roggenbrot", "Sauerkraut", "Schwarzbrot", "Seife Lavendel", "Spätzle frisch",
        "Tomatenmark", "Vollkornmehl", "Waldhonig", "Zahnbürste",
    ),
}  # fmt: skip
SHOPS = {
    Language.ENGLISH: (
        "THE CORNER LARDER", "HAYLOFT GROCERS", "PENNYWISE STORES", "MILL LANE MARKET",
        "THE COPPER KETTLE", "GREENGATE FOODS",
    ),
    Language.GERMAN: (
        "MARKTHALLE AM TOR", "KRÄMER & KORN", "FRISCHE SCHEUNE", "HOFLADEN WIESENGRUND",
        "SONNENBLUMEN MARKT", "KAUFHAUS LÖWE",
    ),
}  # fmt: skip
MONTHS = {
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    Language.GERMAN: (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    name: str
    street: str
    town: str


def person(rng: Rng, language: Language) -> Person:
    """An invented person with an address."""
    number = int(rng.integers(1, 148))
    street = pick(rng, STREETS[language])
    town = pick(rng, TOWNS[language])
    name = f"{pick(rng, GIVEN[language])} {pick(rng, FAMILY[language])}"
    if language is Language.GERMAN:
        return Person(name, f"{street} {number}", f"{int(rng.integers(10000, 99999))} {town}")
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    code = "".join(
        (letters[int(rng.integers(20))], letters[int(rng.integers(20))],
         str(int(rng.integers(1, 30))), " ", str(int(rng.integers(1, 10))),
         letters[int(rng.integers(20))], letters[int(rng.integers(20))])
    )  # fmt: skip
    return Person(name, f"{number} {street}", f"{town} {code}")


def firm(rng: Rng, language: Language) -> str:
    """An invented firm's name."""
    return f"{pick(rng, FIRM_WORDS[language])} {pick(rng, FIRM_TRADES[language])}"


def day(rng: Rng) -> datetime.date:
    """A day between 1995 and 2024."""
    return datetime.date(1995, 1, 1) + datetime.timedelta(days=int(rng.integers(10_900)))


def long_date(date: datetime.date, language: Language) -> str:
    """A date as letters have it: 4 May 2011, 4. Mai 2011."""
    point = "." if language is Language.GERMAN else ""
    return f"{date.day}{point} {MONTHS[language][date.month - 1]} {date.year}"


def short_date(date: datetime.date, language: Language) -> str:
    """A date as tills print it: 04/05/2011, 04.05.2011."""
    return date.strftime("%d.%m.%Y" if language is Language.GERMAN else "%d/%m/%Y")


def money(cents: int, language: Language) -> str:
    """A sum without its currency: 1,234.50 or 1.234,50."""
    text = f"{cents / 100:,.2f}"
    if language is Language.GERMAN:
        return text.translate(str.maketrans(",.", ".,"))
    return text


def phone(rng: Rng, language: Language) -> str:
    """A telephone number from a range that is never given out."""
    if language is Language.GERMAN:
        return f"030 23125 {int(rng.integers(100, 999))}"
    return f"01632 960{int(rng.integers(100, 999))}"
