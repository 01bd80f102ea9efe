"""The text of an old chronicle: sentences in the German of about 1600, with gaps to fill.

Written for this purpose; towns, people and events never were.
"""

from __future__ import annotations

import re

from recognition.synthesis.words import Rng, pick

TITLES = (
    "Von der Stadt {town}", "Vom groſſen Waſſer", "Von Handel und Wandel", "Vom Bau der Brücke",
    "Von den Zünften", "Vom harten Winter", "Von allerley Zeichen", "Vom alten Gemäuer",
    "Von der Ernte", "Vom Rath und Gericht", "Von der Reiſe nach {town}", "Vom Bergwerck",
)  # fmt: skip
MOTTOES = (
    "Tempora labuntur, manet amnis.", "Nihil in tenebris crescit.", "Labor vicit hiemem.",
    "Ubi ratio, ibi concordia.", "Pontem qui fecit, vicinos fecit.", "Memoria aquae in lapide.",
    "Tarde venit messis, at venit.", "Urbs parva, cura magna.", "Quod liber tacet, turris narrat.",
    "Ex ligno navis, ex nave regio.", "Frigore fracta rota est.", "Vox turris, vox urbis.",
    "Qui serit in vento, legit in imbre.", "Panis emit pacem.", "Hospes abit, murus manet.",
    "Nebula docet viam quaerere.", "Piscis in gurgite sapit.", "Aequa lanx, aequa lex.",
    "Lapis super lapidem, annus super annum.", "Silva tacet, sed audit.",
)  # fmt: skip
RUNNING_HEADS = ("Das erſte Buch.", "Das andere Buch.", "Das dritte Buch.", "Kurtze Chronica.")
TOWNS = (
    "Altenmoor", "Birkenried", "Dornheim", "Ebersfurt", "Grünau", "Haſelbach", "Kaltenbrunn",
    "Lindenwerth", "Mühlenrode", "Neufähr", "Oſterwald", "Querfeld", "Rabenſtein", "Steinwedel",
    "Torgelow", "Ulmenthal", "Wolfsbergen", "Zwieſelau",
)  # fmt: skip
MEN = (
    "Hans Dornbuſch", "Caſpar Quitten", "Meiſter Jörg", "Veit Haſelhuhn", "Conrad Mühlbrock",
    "der alte Ruprecht", "Herr Philipp von Aſch", "Balthaſar Vogt", "Matthes der Schmid",
    "Niclas Krämer", "der Abt Xaverius", "Lorentz Immergrün", "Andreas Zobel", "Egidius Paff",
)  # fmt: skip
TRADES = (
    "Bäcker", "Tuchmacher", "Schmiede", "Gerber", "Schiffleute", "Zimmerleute", "Müller",
    "Buchbinder", "Färber", "Weber", "Küfer", "Seiler", "Drechſler", "Glaſer", "Kupferſtecher",
)  # fmt: skip
GOODS = (
    "Korn", "Saltz", "Wein", "Tuch und Leder", "Eiſen", "Hopfen", "Flachs", "Käſe und Butter",
    "Holtz", "Wachs", "Kupfer", "Öl und Pech", "Fiſche", "Pfeffer und Ingwer", "Glas",
)  # fmt: skip
SEASONS = (
    "im Frühling", "um Johannis", "im Herbſt", "vor Weihnachten", "nach Oſtern", "zu Martini",
    "in der Faſten", "mitten im Sommer", "bey groſſer Kälte", "am Jacobi Tage", "im Hornung",
)  # fmt: skip
PLACES = (
    "das Rathhaus", "die Brücke", "das Kornhaus", "das alte Schloß", "die Mühle", "die Schantze",
    "das Zeughaus", "die Capelle", "das Waſſerthor", "das Spital", "die Stadtmauer", "die Pforte",
)  # fmt: skip
SENTENCES = (
    "Im Jahr {year} iſt {place} zu {town} neu erbauet, und hat {number} Gulden gekoſtet.",
    "Damals zog {man} mit {number} Knechten vor die Stadt, und begehrte Einlaß.",
    "Die {trade} aber wollten ſolches nicht leiden, ſondern verſchloſſen ihre Läden.",
    "Es galt {season} ein Scheffel Korn mehr denn zuvor ein gantzes Fuder.",
    "Da man {year} zehlete, fiel {season} ein ſo tiefer Schnee, daß niemand aus dem Haus kam.",
    "Auch ward {place} mit Kupfer gedeckt, wie {man} in ſeinem Buch bezeuget.",
    "Zu {town} hielten die {trade} jährlich {season} einen Umzug mit Trommeln und Pfeifen.",
    "Von dannen führet man {goods} zu Waſſer bis gen {town}, welches {number} Meilen ſind.",
    "Etliche ſagen, {man} habe daſelbſt einen Schatz vergraben; doch iſt nichts gefunden worden.",
    "Das Waſſer ſtieg {number} Schuh hoch, und führete {place} hinweg.",
    "Hierauf gab der Rath Befehl, daß kein Fremder {season} über Nacht bleiben ſolte.",
    "Als nun {man} ſolches vernahm, ließ er die Glocken läuten, und das Volck lief zuſammen.",
    "Wer {goods} zu Markte brachte, der gab von jedem Wagen {number} Pfennige.",
    "In eben dieſem Jahre ſahe man zu {town} zween Monden am Himmel ſtehen.",
    "Die Bürger ſchworen einander Treue, und tranken darauf den Wein aus {number} Bechern.",
    "{man} war ein gelehrter Mann, der viel von Kräutern und Steinen zu reden wußte.",
    "Es wuchs aber {season} ſo viel Obſt, daß man die Bäume ſtützen muſte.",
    "Deſſen zum Gedächtniß ſtehet noch heutigen Tages ein Kreutz an dem Weg nach {town}.",
    "Die Straſſe dahin iſt ſumpfig, und wird von den Fuhrleuten {season} gemieden.",
    "Anno {year} verglichen ſich die {trade} mit den {trade2} wegen des Zolles auf {goods}.",
    "Man findet dort {goods} in ſolcher Menge, daß es an die Nachbarn verkauft wird.",
    "Der Thurm hat {number} Stuffen, und oben wohnet ein Wächter mit ſeinem Weibe.",
    "Nach {man} kam {man2}, welcher beſſer Haus hielt, und die Schulden bezahlete.",
    "Gleichwol blieb der Friede nicht lange, denn {season} entſtund ein neuer Zanck.",
    "Zwiſchen {town} und {town2} liegt ein groſſer Wald, darin Bären und Wölfe hauſen.",
    "Wie alt {place} ſey, das weiß keiner; die Schrift am Thor iſt verblichen.",
    "So haben es die Alten erzehlet, und ſo ſchreibe ich es hin, ohne etwas zuzuſetzen.",
    "Item, es verbrannten {year} zu {town} {number} Häuſer, und kam doch kein Menſch um.",
    "Ein jeglicher Hausvater ſoll {season} einen Eymer Waſſer vor die Thür ſetzen.",
    "Bey dem Kirchthor fand ein Kind {number} alte Müntzen in einem zerbrochenen Topff.",
    "Der Fluß macht hier eine Beuge, und treibt mit groſſer Gewalt drey Räder.",
    "Vor Zeiten hieß der Ort anders; das bezeugen die Brieffe, ſo {man} verwahret.",
    "Weil aber die Wege böſe waren, kam {goods} erſt {season} in die Speicher.",
    "Ein Hirt ſahe zuerſt den Rauch, und rieff die {trade} von dem Felde.",
    "{man} pflantzte vor dem Thor eine Linde, darunter hernach Gericht gehalten ward.",
    "Wann der Nebel ſteigt, höret man von ferne die Glocke zu {town}.",
    "Niemand durffte {season} fiſchen, es wäre denn mit Erlaubniß des Vogts.",
    "Hundert Schritte davon quillt ein warmes Bad, das den müden Gliedern wohl thut.",
    "Die Jungfrauen flochten Kräntze, und trugen ſie ſingend vor {place}.",
    "So ward das Jahr {year} ein gutes Jahr, davon man noch lange redete.",
    "Über dem Eingang ſiehet man einen Löwen, der eine Kugel hält.",
    "Zwölff Pferde muſten ziehen, ehe der groſſe Stein von der Stelle rückte.",
    "Es klagten die {trade}, ihr Gewerbe bringe kaum das trockene Brodt ein.",
    "Im Keller lagen {number} Fäſſer, keines davon war voll.",
    "Durch einen Boten ließ {man} anſagen, er werde vor Abend nicht kommen.",
    "Die gemeine Rede gehet, unter der Brücke wohne ein alter Hecht mit Moos am Kopff.",
    "Quer über die Gaſſe ſpannete man Seile, daran Laternen hiengen.",
    "Obgleich der Zoll gering war, bracht er doch {season} an die {number} Thaler.",
    "Von {town2} nach {town} gehet man bey trocknem Wetter einen halben Tag.",
    "Endlich verkauffte {man} Hof und Acker, und zog zu ſeiner Tochter.",
    "Jn der Kammer hieng eine Uhr, die zeigete auch den Lauff des Monden.",
    "Xaverius der Mönch zeichnete die Gegend, ſo gut er konte, auf Pergament.",
    "Yſop, Salbey und Raute ziehet man daſelbſt in allen Gärten.",
    "Das Bier von {town} wird gelobet, das Brodt hingegen iſt ſchwartz und ſauer.",
    "Keiner wolte der erſte ſeyn, bis {man} den Hut abnahm und hinein gieng.",
    "Unter den Büchern war eines vom Waſſerbau, mit vielen Figuren.",
    "Am dritten Tage legte ſich der Wind, und die Schiffleute dankten Gott.",
    "Der Meiſter bekam zum Lohn {number} Ellen Tuch, ein Faß Bier und {goods}.",
)  # fmt: skip
OPENINGS = (
    "Item,", "Zum andern:", "So leſe ich auch:", "Merck wol:", "Desgleichen:", "Die Sage gehet:",
    "Hier iſt zu mercken:", "Es iſt geſchehen:", "Aus dem Stadtbuch:", "Alſo:",
)  # fmt: skip


def paragraph(rng: Rng, count: int) -> str:
    """`count` different sentences in running text, as it is printed."""
    chosen = [SENTENCES[int(i)] for i in rng.permutation(len(SENTENCES))[:count]]
    return " ".join(
        f"{pick(rng, OPENINGS)} {fill(sentence, rng)}"
        if rng.random() < 0.3
        else fill(sentence, rng)
        for sentence in chosen
    )


def fill(pattern: str, rng: Rng) -> str:
    """A sentence with its gaps filled and a capital at its start."""
    text = pattern.format(
        year=int(rng.integers(1288, 1612)),
        number=int(rng.integers(2, 980)),
        town=pick(rng, TOWNS),
        town2=pick(rng, TOWNS),
        man=pick(rng, MEN),
        man2=pick(rng, MEN),
        trade=pick(rng, TRADES),
        trade2=pick(rng, TRADES),
        goods=pick(rng, GOODS),
        season=pick(rng, SEASONS),
        place=pick(rng, PLACES),
    )
    text = text[0].upper() + text[1:]
    return _SPELLING.sub(lambda found: _SPELLED[found[0]], text)


_SPELLED = {
    "un": "vn", "um": "vm", "üb": "vb", "ur": "vr", "Un": "Vn", "Um": "Vm", "Üb": "Vb",
    "ei": "ey", "au": "aw", "In": "Jn", "Im": "Jm", "It": "Jt", "Ih": "Jh",
    "in": "jn", "im": "jm", "ih": "jh", "eu": "ew",
}  # fmt: skip
_SPELLING = re.compile(r"\b(?:un|um|üb|ur|Un|Um|Üb|In|Im|It|Ih|in|im|ih)|ei|[ae]u(?=\b|e)")
"""What a printer of 1600 spelt otherwise than the sentences above."""

_JOINT = re.compile(
    r"(?<=[aeiouyäöü])(?=(?:ſch|ch|ck|ſt|th|[bdfghklmnprſtvwz])[aeiouyäöü])"
    r"|(?<=[lmnr])(?=[bdfgkmnpſtz][aeiouyäöü])|(?<=t)(?=t[aeiou])|(?<=ſ)(?=ſ[aeiou])"
)


def joints(word: str) -> list[int]:
    """Where the compositor may break a word: before a consonant that begins a syllable."""
    return [m.start() for m in _JOINT.finditer(word) if 2 <= m.start() <= len(word) - 3]
