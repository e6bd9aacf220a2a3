"""The words that the painter knows. What is not here becomes a card, or is named in the caption."""

from __future__ import annotations


def _table(rows: str) -> dict[str, str]:
    """`kind: word word …` rows as a dictionary from each word to its kind; `_` is a space."""
    table: dict[str, str] = {}
    for row in rows.strip().splitlines():
        kind, _, words = row.partition(":")
        for word in (kind.strip(), *words.split()):
            table[word.replace("_", " ")] = kind.strip()
    return table


#: Things with a painter of their own.
THINGS = _table("""
lighthouse:
sailboat: boat sailing_boat sail_boat dinghy yacht fishing_boat
house: cottage farmhouse
train: steam_train locomotive steam_locomotive
tree: oak maple elm
pine: fir spruce conifer
fox: vixen
cat: kitten tabby
owl:
whale:
robot:
apple:
pear:
vase:
jar: honey_jar
book:
balloon:
kite:
""")

#: Places, by the words that name them.
PLACES = _table("""
sea: ocean coast shore beach harbour harbor bay seaside
mountains: mountain mountain_lake alps hill peak lake
meadow: field countryside pasture
library:
hall: royal_court baroque_court banquet throne_room ballroom
room: living_room
table: still_life
valley: viaduct bridge
page: poster
sticker:
""")
# These are names for the painters' places, not for what people mean by the words.
PLACES = {word: kind for word, kind in PLACES.items() if word not in ("hall", "table", "valley", "page")}

#: Where a thing is at home, when the prompt names no place.
HABITATS = _table("""
sea: lighthouse sailboat whale kite
meadow: house tree fox owl balloon
mountains: pine
valley: train
room: cat robot
table: book apple pear vase jar
""")

#: What belongs to a place or a thing and is painted with it.
PARTS: dict[str, str] = {
    "sea": "wave rock rocky water horizon cliff island sky fishing small",
    "mountains": "water sky wide calm green snow",
    "meadow": "grass flower tree hill mountain sky green",
    "library": "book bookshelf shelf window lamp desk curtain victorian carpet",
    "hall": "royal court couple left right middle row courtier column candle drapery dark chequered floor",
    "room": "window bookshelf lamp curtain picture floor",
    "table": "table soft light window flower",
    "valley": "valley river arch crossing cross",
    "house": "roof window door small lake hill",
    "jar": "label paper honey lid glass",
    "train": "steam smoke carriage",
    "lighthouse": "light beam tower rock island",
    "vase": "flower",
    "robot": "reading read",
    "fox": "sitting sit",
    "cat": "sitting sit",
    "owl": "branch",
    "page": "say",
    "sticker": "word words",
}

#: Times of day.
TIMES = _table("""
dawn: sunrise daybreak morning
day: noon midday daylight afternoon
golden hour: sunset late_afternoon low_sun
dusk: twilight evening blue_hour
night: midnight moonlight moonlit night_sky starry star moon full_moon
candle: candlelight candlelit
""")
TIMES = {word: time.removesuffix(" hour") for word, time in TIMES.items()}

#: Weathers. Snow also makes it winter.
WEATHERS = _table("""
rain: rainy raining drizzle
storm: stormy thunderstorm
fog: foggy mist misty
snow: snowy snowing snowfall winter wintry frost frosty icy
overcast: cloudy
clouds: cloud
""")

#: Seasons.
SEASONS = _table("""
spring:
summer:
autumn: autumnal
winter: snow snowy wintry frost frosty
""")

#: Styles, by the words that ask for them.
STYLES = _table("""
oil: oil_painting oil_on_canvas
watercolour: watercolor aquarelle
gouache:
anime: manga
cyberpunk: neon
pixel: pixel_art
woodcut: ukiyo-e woodblock_print
photo: photograph photorealistic
cinematic: film_still
flat: minimalist flat_design
poster art: mid-century_poster
baroque: chiaroscuro 17th-century 17th_century
""")

NUMBERS: dict[str, int] = {
    "one": 1, "single": 1, "two": 2, "pair": 2, "couple": 2, "three": 3, "few": 3, "some": 3, "four": 4,
    "five": 5, "several": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9
}  # fmt: skip

#: What always becomes a card: an invented diagram looks like an answer and is none.
CHARTS = frozenset(
    """
    diagram chart infographic flowchart schematic graph map plot timeline equation formula scheme table_of
    cutaway cross-section screenshot spreadsheet histogram mindmap
    """.split()  # noqa: SIM905 - a list of words is read as words
)
#: Where a group of words that names something ends.
STOPS = frozenset(
    """
    about above across after against along among and around as at before behind below beneath beside between
    beyond but by down during for from in inside into is are was of off on onto or out outside over past
    round than that through to toward towards under up upon when where which while who whose with within
    without , ; : . ! ? ( ) says saying called
    """.split()  # noqa: SIM905 - a list of words is read as words
)
#: Words that name nothing to be seen.
SILENT = frozenset(
    """
    a an the this that these those its it his her their your my our some any each another other more most
    very quite rather so too also just only not no nothing nobody all both either there here
    be been being can could may might should would will shall do does has have had please
    make makes made making show shows paint draw drawing picture image illustration scene view seen see
    everything everywhere instead add put place insert include give remove erase delete clear hide change
    turn replace write
    say palette colour colours color colors style painting painted wide
    """.split()  # noqa: SIM905 - a list of words is read as words
)
