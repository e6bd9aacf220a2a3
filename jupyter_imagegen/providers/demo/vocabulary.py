"""The words that the painter knows: what they name, and where such things are found."""

from __future__ import annotations


def _table(rows: str) -> dict[str, str]:
    """`kind: word word …` rows as a dictionary from each word to its kind; `_` stands for a space."""
    table: dict[str, str] = {}
    for row in rows.strip().splitlines():
        kind, _, words = row.partition(":")
        for word in (kind.strip(), *words.split()):
            table[word.replace("_", " ")] = kind.strip()
    return table


#: Things with a painter of their own.
THINGS = _table("""
lighthouse: beacon
sailboat: boat sailing_boat sail_boat dinghy yacht regatta catamaran
ship: galleon frigate schooner vessel caravel
steamer: steamship ferry liner freighter tugboat
tree: oak maple birch elm willow
pine: fir spruce conifer cedar christmas_tree
house: cottage cabin hut farmhouse home barn villa
castle: palace fortress citadel
church: cathedral chapel abbey temple
tower: skyscraper
windmill: mill
bridge: viaduct aqueduct
robot: android automaton droid
cat: kitten kitty tabby
dog: puppy hound terrier retriever corgi
fox: vixen
wolf: coyote
horse: pony stallion mare unicorn
bear: panda teddy
rabbit: bunny hare
deer: stag doe reindeer elk
cow: bull ox
sheep: lamb goat
lion: lioness
tiger: leopard
elephant: mammoth
bird: sparrow robin swallow seagull gull dove pigeon parrot raven crow eagle heron
owl: owlet
duck: goose swan
penguin:
fish: goldfish carp koi salmon tuna
whale: dolphin orca
dragon: wyvern
butterfly: moth
person: woman man child girl boy lady gentleman people king queen prince princess knight wizard witch
person: scientist teacher student painter artist musician dancer chef nurse doctor monk portrait figure
person: lord courtier noble traveller hiker reader
astronaut: cosmonaut spaceman
flower: rose tulip daisy sunflower poppy lily orchid bouquet peony dahlia
apple:
pear:
orange_fruit: tangerine clementine mandarin
cherry: cherries berry strawberry
fruit: grape
bowl: dish
cup: mug coffee tea espresso latte
teapot: kettle
vase: jug pitcher urn
bottle: wine
jar: honey jam pot marmalade
book: novel notebook
lamp: lantern
candle: candlestick candelabra
rocket: spaceship spacecraft shuttle
planet: saturn jupiter mars
moonball: crescent
star:
car: automobile taxi van truck roadster
bus: tram trolley
train: locomotive steam_train railway
bicycle: bike
balloon: balloons
hotair: hot_air_balloon airship
sphere: ball orb globe
cube: block
triangle: pyramid cone
umbrella: parasol
kite:
cake: cupcake
heart: hearts
mushroom: toadstool
cactus:
chair: armchair throne
snowman:
""")

#: Places, by the words that name them.
PLACES = _table("""
sea: ocean coast shore beach harbour harbor bay island waves lake river seaside pier
mountains: mountain alps hill hills peak peaks summit valley volcano fuji cliff glacier
meadow: field garden countryside prairie park pasture grassland orchard lawn farm
forest: woods woodland jungle grove wood
city: skyline metropolis town cityscape
street: city_street street_scene alley road market avenue plaza shop storefront
desert: dunes dune sahara oasis canyon savanna savannah
space: galaxy cosmos nebula universe orbit starfield
moon: lunar crater
library: bookshelf bookshelves shelves bookshop study archive
hall: court ballroom throne_room banquet salon opera chamber masquerade
room: bedroom kitchen office classroom living_room interior workshop laboratory
table: still_life tabletop desk
underwater: reef aquarium seabed undersea
page: poster label sign sticker logo icon flyer placard badge emblem banner stamp cover postcard
page: invitation menu
chart: diagram infographic flowchart schematic
""")

#: Where a thing is at home, when the prompt names no place.
HABITATS: dict[str, str] = {
    "lighthouse": "sea",
    "sailboat": "sea",
    "ship": "sea",
    "steamer": "sea",
    "whale": "sea",
    "penguin": "sea",
    "tree": "meadow",
    "pine": "mountains",
    "house": "meadow",
    "castle": "mountains",
    "church": "meadow",
    "tower": "city",
    "windmill": "meadow",
    "bridge": "valley",
    "robot": "room",
    "cat": "room",
    "dog": "meadow",
    "fox": "meadow",
    "wolf": "forest",
    "horse": "meadow",
    "bear": "forest",
    "rabbit": "meadow",
    "deer": "forest",
    "cow": "meadow",
    "sheep": "meadow",
    "lion": "desert",
    "tiger": "forest",
    "elephant": "desert",
    "bird": "meadow",
    "owl": "forest",
    "duck": "sea",
    "fish": "underwater",
    "dragon": "mountains",
    "butterfly": "meadow",
    "person": "studio",
    "astronaut": "moon",
    "flower": "meadow",
    "apple": "table",
    "pear": "table",
    "orange_fruit": "table",
    "cherry": "table",
    "fruit": "table",
    "bowl": "table",
    "cup": "table",
    "teapot": "table",
    "vase": "table",
    "bottle": "table",
    "jar": "table",
    "book": "table",
    "lamp": "room",
    "candle": "table",
    "rocket": "space",
    "planet": "space",
    "moonball": "space",
    "star": "space",
    "car": "street",
    "bus": "street",
    "train": "valley",
    "bicycle": "street",
    "balloon": "meadow",
    "hotair": "mountains",
    "sphere": "studio",
    "cube": "studio",
    "triangle": "studio",
    "umbrella": "street",
    "kite": "meadow",
    "cake": "table",
    "heart": "page",
    "mushroom": "forest",
    "cactus": "desert",
    "chair": "room",
    "snowman": "meadow",
}

#: Times of day.
TIMES = _table("""
dawn: sunrise daybreak morning
day: noon midday daylight sunny afternoon daytime
golden: golden_hour sunset late_afternoon
dusk: twilight evening blue_hour gloaming
night: midnight nighttime moonlit moonlight starry nocturne
candle: candlelight candlelit candles torchlight chiaroscuro tenebrism caravaggio rembrandt
""")

#: Weathers.
WEATHERS = _table("""
rain: rainy raining drizzle downpour wet
storm: stormy thunder thunderstorm lightning tempest
fog: foggy mist misty haze hazy
snow: snowy snowing snowfall blizzard winter wintry frost frosty ice icy
overcast: cloudy grey_sky
clouds: cloud
""")

#: Seasons.
SEASONS = _table("""
spring: blossom blossoms
summer: summery
autumn: fall autumnal
winter: snow snowy wintry frost frosty christmas
""")

#: Styles, by the words that ask for them.
STYLES = _table("""
oil: oil_painting oils oil_on_canvas impasto
impressionist: impressionism monet van_gogh
watercolour: watercolor watercolours watercolors aquarelle gouache wash
pencil: graphite pencil_drawing sketch sketched drawing
ink: ink_drawing pen_and_ink engraving etching line_drawing crosshatch
charcoal_drawing: charcoal_sketch
chalk: blackboard chalkboard pastel
crayon: crayons childs_drawing
anime: manga cel cel_shaded ghibli cartoon
comic: comics comic_book pop_art halftone
cyberpunk: neon synthwave vaporwave
pixel: pixel_art 8-bit 16-bit 8bit 16bit
woodcut: ukiyo-e ukiyo woodblock woodblock_print japanese_print hokusai
linocut: lino linoprint block_print
stained_glass: stained_glass_window leaded_glass
mosaic: tesserae
pointillism: pointillist seurat
photo: photograph photorealistic realistic photography photographic
cinematic: film_still movie_still film
low_poly: lowpoly polygonal
paper_cut: papercut paper_cutout paper-cut cut_paper collage origami
isometric: isometry
minimalist: minimal minimalism flat vector flat_design simple
art_deco: deco
baroque: chiaroscuro tenebrism caravaggio rembrandt 17th-century old_master
blueprint: technical_drawing cyanotype
vintage: retro old_photo 1970s victorian_photo
sepia: daguerreotype
noir: black_and_white monochrome
""")

#: Words that say what a figure does or is like.
TRAITS = _table("""
reading: read reads
smiling: smile smiles happy cheerful laughing
sleeping: asleep sleep curled
sitting: sits seated
flying: flies fly soaring
steam: steaming hot
dancing: dance dances
victorian:
""")

NUMBERS: dict[str, int] = {
    "one": 1,
    "single": 1,
    "two": 2,
    "pair": 2,
    "couple": 2,
    "both": 2,
    "three": 3,
    "trio": 3,
    "few": 3,
    "four": 4,
    "some": 3,
    "five": 5,
    "several": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "many": 8,
    "nine": 9,
    "ten": 10,
    "dozen": 12,
    "flock": 7,
    "herd": 5,
    "fleet": 5,
}
