"""The words of the phrase corpus: English and German, with what German grammar needs to know of each.

    article, adjective  a stem and an ending, by case, gender and number
    noun                gender, plural; the dative plural adds -n; weak nouns add it in the singular too (den Jungen)
    verb                the forms for ich, du, er; wir and sie take the infinitive; the case of the object; the part
                        that is split off (anrufen: ich rufe … an)
    modal               the verb goes to the end of the clause

"you" is one person whom one says "du" to. Cases and endings follow Duden's grammar.
"""

from dataclasses import dataclass

CASES: tuple[str, ...] = ("nominative", "accusative", "dative")
_COLUMNS = ("m", "f", "n", "plural")
_ENDINGS = {  # kind of word → case → the endings for _COLUMNS
    "der": {"nominative": "er ie as ie", "accusative": "en ie as ie", "dative": "em er em en"},
    "dieser": {"nominative": "er e es e", "accusative": "en e es e", "dative": "em er em en"},
    "ein": {"nominative": "- e - e", "accusative": "en e - e", "dative": "em er em en"},
    "weak": {"nominative": "e e e en", "accusative": "en e e en", "dative": "en en en en"},
    "mixed": {"nominative": "er e es en", "accusative": "en e es en", "dative": "en en en en"},
    "strong": {"nominative": "er e es e"},
}


def ending(kind: str, case: str, column: str) -> str:
    """The ending of an article or an adjective. column: a gender, "m", "f" or "n", or "plural"."""
    return _ENDINGS[kind][case].split()[_COLUMNS.index(column)].replace("-", "")


@dataclass(frozen=True)
class Noun:
    """dog, dogs: der Hund, die Hunde."""

    english: str
    english_plural: str
    gender: str
    german: str
    german_plural: str
    kind: str  # what one can do with it: "person", "animal", "text", "opening" or "thing"
    weak: bool = False

    def form(self, case: str, plural: bool) -> str:
        """Hund, Hunde, Hunden."""
        if not plural:
            return self.german_plural if self.weak and case != "nominative" else self.german
        return self.german_plural + ("n" if case == "dative" and self.german_plural[-1] not in "ns" else "")


NOUNS: tuple[Noun, ...] = (
    Noun("man", "men", "m", "Mann", "Männer", "person"),
    Noun("woman", "women", "f", "Frau", "Frauen", "person"),
    Noun("child", "children", "n", "Kind", "Kinder", "person"),
    Noun("girl", "girls", "n", "Mädchen", "Mädchen", "person"),
    Noun("boy", "boys", "m", "Junge", "Jungen", "person", weak=True),
    Noun("teacher", "teachers", "m", "Lehrer", "Lehrer", "person"),
    Noun("friend", "friends", "m", "Freund", "Freunde", "person"),
    Noun("brother", "brothers", "m", "Bruder", "Brüder", "person"),
    Noun("sister", "sisters", "f", "Schwester", "Schwestern", "person"),
    Noun("daughter", "daughters", "f", "Tochter", "Töchter", "person"),
    Noun("dog", "dogs", "m", "Hund", "Hunde", "animal"),
    Noun("bird", "birds", "m", "Vogel", "Vögel", "animal"),
    Noun("cat", "cats", "f", "Katze", "Katzen", "animal"),
    Noun("horse", "horses", "n", "Pferd", "Pferde", "animal"),
    Noun("letter", "letters", "m", "Brief", "Briefe", "text"),
    Noun("newspaper", "newspapers", "f", "Zeitung", "Zeitungen", "text"),
    Noun("book", "books", "n", "Buch", "Bücher", "text"),
    Noun("door", "doors", "f", "Tür", "Türen", "opening"),
    Noun("window", "windows", "n", "Fenster", "Fenster", "opening"),
    Noun("apple", "apples", "m", "Apfel", "Äpfel", "thing"),
    Noun("table", "tables", "m", "Tisch", "Tische", "thing"),
    Noun("flower", "flowers", "f", "Blume", "Blumen", "thing"),
    Noun("lamp", "lamps", "f", "Lampe", "Lampen", "thing"),
    Noun("house", "houses", "n", "Haus", "Häuser", "thing"),
    Noun("car", "cars", "n", "Auto", "Autos", "thing"),
)
THINGS: tuple[str, ...] = ("text", "opening", "thing")
ALL: tuple[str, ...] = ("person", "animal", *THINGS)


@dataclass(frozen=True)
class Determiner:
    """the, this, a, my …: the German stem, its endings, and those of an adjective behind it."""

    english: str
    english_plural: str  # "" where there is no plural
    stem: str
    kind: str  # of its own endings
    adjective: str  # of the adjective's


DETERMINERS: tuple[Determiner, ...] = (
    Determiner("the", "the", "d", "der", "weak"),
    Determiner("this", "these", "dies", "dieser", "weak"),
    Determiner("a", "", "ein", "ein", "mixed"),
    Determiner("my", "my", "mein", "ein", "mixed"),
    Determiner("your", "your", "dein", "ein", "mixed"),
    Determiner("his", "his", "sein", "ein", "mixed"),
)
THE, A = DETERMINERS[0], DETERMINERS[2]

ADJECTIVES: dict[str, str] = {
    "big": "groß", "small": "klein", "old": "alt", "young": "jung", "good": "gut", "new": "neu", "red": "rot",
    "black": "schwarz", "white": "weiß", "beautiful": "schön", "tired": "müde", "hungry": "hungrig",
    "happy": "glücklich",
}  # fmt: skip
BEFORE_NOUN: dict[str, tuple[str, ...]] = {  # which of them stand in front of a noun of that kind
    "person": ("big", "small", "old", "young", "good", "happy"),
    "animal": ("big", "small", "old", "young", "black", "white"),
    **dict.fromkeys(THINGS, ("big", "small", "old", "new", "red", "black", "white", "beautiful")),
}
PREDICATE: dict[str, tuple[str, ...]] = {  # and which behind "is", where German adds no ending
    kind: words + (("tired", "hungry") if kind in ("person", "animal") else ()) for kind, words in BEFORE_NOUN.items()
}

PRONOUNS: dict[str, str] = {"I": "ich", "you": "du", "he": "er", "she": "sie", "we": "wir", "they": "sie"}


@dataclass(frozen=True)
class Verb:
    """see, sees: sehe, siehst, sieht, sehen."""

    english: str
    english_s: str  # with he, she and a noun in the singular
    infinitive: str  # without the part that is split off
    ich: str
    du: str
    er: str
    case: str  # of its object: "accusative" or "dative"; "both" for give: a person in the dative, then a thing
    objects: tuple[str, ...]  # kinds of nouns
    prefix: str = ""

    def form(self, person: str) -> str:
        """person: "ich", "du", "er" or "wir" (also for they)."""
        return {"ich": self.ich, "du": self.du, "er": self.er, "wir": self.infinitive}[person]


PEOPLE, LIVING = ("person",), ("person", "animal")
VERBS: tuple[Verb, ...] = (
    Verb("see", "sees", "sehen", "sehe", "siehst", "sieht", "accusative", ALL),
    Verb("find", "finds", "finden", "finde", "findest", "findet", "accusative", ALL),
    Verb("need", "needs", "brauchen", "brauche", "brauchst", "braucht", "accusative", ALL),
    Verb("paint", "paints", "malen", "male", "malst", "malt", "accusative", ALL),
    Verb("love", "loves", "lieben", "liebe", "liebst", "liebt", "accusative", LIVING),
    Verb("hear", "hears", "hören", "höre", "hörst", "hört", "accusative", LIVING),
    Verb("ask", "asks", "fragen", "frage", "fragst", "fragt", "accusative", PEOPLE),
    Verb("visit", "visits", "besuchen", "besuche", "besuchst", "besucht", "accusative", PEOPLE),
    Verb("buy", "buys", "kaufen", "kaufe", "kaufst", "kauft", "accusative", ("animal", *THINGS)),
    Verb("read", "reads", "lesen", "lese", "liest", "liest", "accusative", ("text",)),
    Verb("help", "helps", "helfen", "helfe", "hilfst", "hilft", "dative", LIVING),
    Verb("follow", "follows", "folgen", "folge", "folgst", "folgt", "dative", LIVING),
    Verb("thank", "thanks", "danken", "danke", "dankst", "dankt", "dative", PEOPLE),
    Verb("call", "calls", "rufen", "rufe", "rufst", "ruft", "accusative", PEOPLE, "an"),
    Verb("invite", "invites", "laden", "lade", "lädst", "lädt", "accusative", PEOPLE, "ein"),
    Verb("pick up", "picks up", "holen", "hole", "holst", "holt", "accusative", PEOPLE, "ab"),
    Verb("open", "opens", "machen", "mache", "machst", "macht", "accusative", ("opening", "text"), "auf"),
    Verb("close", "closes", "machen", "mache", "machst", "macht", "accusative", ("opening", "text"), "zu"),
    Verb("give", "gives", "geben", "gebe", "gibst", "gibt", "both", THINGS),
    Verb("show", "shows", "zeigen", "zeige", "zeigst", "zeigt", "both", THINGS),
)  # fmt: skip
BE = Verb("be", "is", "sind", "bin", "bist", "ist", "nominative", ())  # wir and sie: sind


@dataclass(frozen=True)
class Modal:
    """want to, wants to: möchte, möchtest, möchte, möchten."""

    english: str
    english_s: str
    ich: str  # also for he and she
    du: str
    wir: str
    to: bool = False  # "want to" asks and denies with "do"
    denied: bool = True  # "must not" is no "muss nicht"

    def form(self, person: str) -> str:
        """person: as of `Verb.form`."""
        return {"ich": self.ich, "du": self.du, "er": self.ich, "wir": self.wir}[person]


MODALS: tuple[Modal, ...] = (
    Modal("want", "wants", "möchte", "möchtest", "möchten", to=True),
    Modal("can", "can", "kann", "kannst", "können"),
    Modal("must", "must", "muss", "musst", "müssen", denied=False),
    Modal("should", "should", "sollte", "solltest", "sollten"),
)

# Words that go together: English words → German words, each with the places of the English words that decide it.
Fixed = tuple[tuple[str, tuple[int, ...]], ...]
TIMES: dict[str, Fixed] = {
    "today": (("heute", (0,)),),
    "tomorrow": (("morgen", (0,)),),
    "now": (("jetzt", (0,)),),
    "soon": (("bald", (0,)),),
    "at night": (("nachts", (0, 1)),),
    "in the morning": (("am", (0, 1)), ("Morgen", (2,))),
    "in the evening": (("am", (0, 1)), ("Abend", (2,))),
    "every day": (("jeden", (0, 1)), ("Tag", (1,))),
    "every evening": (("jeden", (0, 1)), ("Abend", (1,))),
    "every week": (("jede", (0, 1)), ("Woche", (1,))),
    "every year": (("jedes", (0, 1)), ("Jahr", (1,))),
}
GREETINGS: dict[str, Fixed] = {
    "good morning": (("guten", (0, 1)), ("Morgen", (1,))),
    "good day": (("guten", (0, 1)), ("Tag", (1,))),
    "good evening": (("guten", (0, 1)), ("Abend", (1,))),
    "good night": (("gute", (0, 1)), ("Nacht", (1,))),
    "hello": (("hallo", (0,)),),
    "welcome": (("willkommen", (0,)),),
    "goodbye": (("auf", (0,)), ("Wiedersehen", (0,))),
    "thank you": (("danke", (0, 1)),),
    "see you tomorrow": (("bis", (0, 1)), ("morgen", (2,))),
    "see you soon": (("bis", (0, 1)), ("bald", (2,))),
}
GROUPS: dict[str, str] = {  # whom one greets, besides the people among the nouns
    "ladies": "Damen", "gentlemen": "Herren", "parents": "Eltern", "colleagues": "Kollegen", "guests": "Gäste",
    "neighbours": "Nachbarn",
} | {noun.english_plural: noun.german_plural for noun in NOUNS if noun.kind == "person"}  # fmt: skip


def english_words() -> tuple[str, ...]:
    """Every English word of the language, sorted."""
    found = {"an", "do", "does", "not", "am", "are", "is", "to", "and", "dear", *ADJECTIVES, *PRONOUNS}
    found |= {word for noun in NOUNS for word in (noun.english, noun.english_plural)}
    found |= {word for d in DETERMINERS for word in (d.english, d.english_plural) if word}
    found |= {word for verb in VERBS for word in f"{verb.english} {verb.english_s}".split()}
    found |= {word for modal in MODALS for word in (modal.english, modal.english_s)}
    found |= {word for text in (*TIMES, *GREETINGS, *GROUPS) for word in text.split()}
    return tuple(sorted(found))


def german_words() -> tuple[str, ...]:
    """Every German word of the language, sorted."""
    found = {"nicht", "und", *ADJECTIVES.values(), *PRONOUNS.values(), *GROUPS.values()}
    columns = [(case, column) for case in CASES for column in _COLUMNS]
    found |= {noun.form(case, plural) for noun in NOUNS for case in CASES for plural in (False, True)}
    for d in (*DETERMINERS, Determiner("no", "", "kein", "ein", "mixed")):
        found |= {d.stem + ending(d.kind, *place) for place in columns if d is not A or place[1] != "plural"}
    before = {word for words in BEFORE_NOUN.values() for word in words}
    found |= {
        ADJECTIVES[word] + ending(kind, *place) for word in before for kind in ("weak", "mixed") for place in columns
    }
    found |= {"lieb" + ending("strong", "nominative", column) for column in _COLUMNS}
    for verb in (*VERBS, BE):
        found |= {verb.form(person) for person in ("ich", "du", "er", "wir")}
        found |= {verb.prefix + verb.infinitive, verb.prefix} - {""}
    found |= {modal.form(person) for modal in MODALS for person in ("ich", "du", "wir")}
    found |= {word for fixed in (TIMES | GREETINGS).values() for word, _ in fixed}
    return tuple(sorted(found))
