"""Sentences for business letters, written for this purpose, with gaps that the seed fills."""

from __future__ import annotations

from recognition.synthesis.words import Language, Rng, pick

SUBJECTS = {
    Language.ENGLISH: (
        "Your enquiry about {goods}", "Delivery of {goods}, order {number}",
        "Renewal of agreement {number}", "Invoice {number} and the enclosed statement",
        "Survey of the {place}", "Change of address for {goods}",
    ),
    Language.GERMAN: (
        "Ihre Anfrage über {goods}", "Lieferung von {goods}, Auftrag {number}",
        "Verlängerung des Vertrags {number}", "Rechnung {number} nebst Aufstellung",
        "Besichtigung: {place}", "Rückgabe von {goods}",
    ),
}  # fmt: skip
GOODS = {
    Language.ENGLISH: (
        "oak shelving", "ruled ledgers", "brass fittings", "garden seed", "linen thread",
        "window glass", "printing paper", "pocket barometers", "rope and canvas", "roof slates",
    ),
    Language.GERMAN: (
        "Eichenregalen", "Geschäftsbüchern", "Messingbeschlägen", "Saatgut", "Leinengarn",
        "Fensterglas", "Druckpapier", "Taschenbarometern", "Tauwerk", "Dachschiefer",
    ),
}  # fmt: skip
PLACES = {
    Language.ENGLISH: (
        "old granary", "harbour office", "upper reading room", "coach house", "east boundary wall",
        "pump station", "lecture hall", "ferry landing",
    ),
    Language.GERMAN: (
        "Kornspeicher", "Hafenamt", "großer Lesesaal", "Remise", "östliche Grenzmauer",
        "Pumpwerk", "Hörsaal", "Fähranleger",
    ),
}  # fmt: skip
SENTENCES = {
    Language.ENGLISH: (
        "Thank you for your letter of {date}, which reached us this morning.",
        "We have looked into it and can confirm that the {goods} left our warehouse on {date}.",
        "The carrier reports that the road past the {place} was closed for most of that week.",
        "A second consignment will be sent at our own cost, and you need not return the first.",
        "Our records show a balance of {sum}, of which half was settled in the spring.",
        "Should the figures differ from yours, please let us have a copy of your own statement.",
        "The inspector will call at the {place} between nine and eleven o'clock.",
        "It would help us if somebody with a key could be present on that day.",
        "We regret the trouble this has caused and have asked the packing room to take more care.",
        "The price quoted for {goods} holds until the end of the quarter.",
        "For orders above {sum} we allow a discount of {percent} per cent.",
        "Please sign both copies of the agreement and return one of them in the envelope provided.",
        "The committee met on {date} and approved the work on the {place} without changes.",
        "Samples of the {goods} are enclosed, each marked with its number and price.",
        "We would ask you to quote reference {number} whenever you write or telephone.",
        "Since the new machine was installed we have been able to deliver within {percent} days.",
        "Mr {name} has left the firm and his duties pass to Mrs {other} in the same office.",
        "Nothing in this letter alters the terms on which the {place} was let to you.",
        "The insurance covers damage by water, but not by frost or by careless handling.",
        "If we hear nothing further by {date}, we shall consider the matter closed.",
        "Your suggestion about the {goods} was read with interest and will be tried in the summer.",
        "A full list of the items, with their weights, is on the following page.",
        "The quantity delivered was {percent} crates, two of which had been opened on the way.",
        "We look forward to seeing you at the {place} and remain at your service until then.",
    ),
    Language.GERMAN: (
        "Haben Sie vielen Dank für Ihr Schreiben vom {date}, das uns heute erreicht hat.",
        "Wir bestätigen, dass die Sendung mit {goods} am {date} unser Lager verlassen hat.",
        "Nach Auskunft des Fuhrunternehmers war die Zufahrt die halbe Woche lang gesperrt.",
        "Eine zweite Lieferung geht auf unsere Kosten an Sie ab; die erste dürfen Sie behalten.",
        "In unseren Büchern steht noch ein Betrag von {sum} offen, zahlbar bis {date}.",
        "Weichen Ihre Zahlen davon ab, so bitten wir um eine Abschrift Ihrer Aufstellung.",
        "Der Gutachter kommt zwischen neun und elf Uhr; Treffpunkt ist wie immer der Haupteingang.",
        "Es wäre hilfreich, wenn an diesem Tag jemand mit einem Schlüssel anwesend sein könnte.",
        "Wir bedauern die Umstände und haben die Packerei zu größerer Sorgfalt angehalten.",
        "Der genannte Preis für die Lieferung von {goods} gilt bis zum Ende des Quartals.",
        "Bei Aufträgen über {sum} gewähren wir einen Nachlass von {percent} Prozent.",
        "Bitte unterschreiben Sie beide Ausfertigungen und senden Sie uns eine davon zurück.",
        "Der Ausschuss hat am {date} getagt und den Arbeiten ohne Änderung zugestimmt.",
        "Muster liegen bei; jedes Stück trägt seine Nummer und den Preis.",
        "Geben Sie bei Rückfragen bitte stets das Aktenzeichen {number} an.",
        "Seit die neue Maschine läuft, können wir innerhalb von {percent} Tagen liefern.",
        "Herr {name} ist ausgeschieden; seine Aufgaben übernimmt Frau {other} im selben Büro.",
        "An den Bedingungen, zu denen wir vermietet haben, ändert dieses Schreiben nichts.",
        "Die Versicherung deckt Wasserschäden, nicht aber Frost oder unsachgemäße Behandlung.",
        "Hören wir bis zum {date} nichts von Ihnen, betrachten wir die Sache als erledigt.",
        "Ihren Vorschlag haben wir gern gelesen und werden ihn im Sommer erproben.",
        "Eine vollständige Liste der Stücke mit Gewichten finden Sie auf der folgenden Seite.",
        "Geliefert wurden {percent} Kisten, von denen zwei unterwegs geöffnet worden waren.",
        "Über einen Besuch würden wir uns freuen; bis dahin stehen wir gern zu Ihrer Verfügung.",
    ),
}  # fmt: skip
GREETINGS = {
    Language.ENGLISH: ("Dear Mr {name},", "Dear Mrs {name},", "Dear Dr {name},"),
    Language.GERMAN: ("Sehr geehrter Herr {name},", "Sehr geehrte Frau {name},"),
}
CLOSINGS = {
    Language.ENGLISH: ("Yours sincerely,", "With kind regards,", "Yours faithfully,"),
    Language.GERMAN: ("Mit freundlichen Grüßen", "Hochachtungsvoll", "Mit besten Grüßen"),
}


def sentences(rng: Rng, language: Language) -> list[str]:
    """All sentences in the order of this letter, to be filled and used from the start."""
    return [SENTENCES[language][int(i)] for i in rng.permutation(len(SENTENCES[language]))]


def goods(rng: Rng, language: Language) -> str:
    """Something letters are about."""
    return pick(rng, GOODS[language])
