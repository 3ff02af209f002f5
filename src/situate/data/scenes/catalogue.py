"""Which models of a catalogue play which kind, and what each kind may stand on: the worlds street, yard and room.

A model is named by the last part of its key. Zones: `road`, `pavement`, `grass` (street); `lawn`, `path`, `terrace`
(yard); `floor`, `table`, `shelf` (room: the tops of what `CARRIERS` stand there). A table of one's own assets names the
kind itself, see `cast.py`. Left out: glass, models of flat cards, and what is too small to be seen.
"""

from situate.data.scenes.rules import Kind

OUTSIDE = ("pavement", "grass", "lawn", "path", "terrace")
ANYWHERE = (*OUTSIDE, "floor")
GARDEN = ("lawn", "terrace")
ON_TOP = ("table", "shelf")


def _kind(name: str, zones: tuple[str, ...], turn: str, models: str, share: float = 1.0) -> Kind:
    assert turn in ("any", "along", "wall", "road")
    return Kind(name, zones, turn, models=tuple(models.split()), share=share)


_BEINGS = (
    _kind(
        "person",
        ANYWHERE,
        "any",
        "female01 female02 female03 holdingFemale01 holdingFemale02 holdingFemale03 holdingMale01 male01 male02 male03 "
        "female-01-casual-clothing male-01-suit",
        share=4.0,
    ),
    _kind("child", ANYWHERE, "any", "boyStanding girlStanding", share=2.0),
    _kind("dog", ANYWHERE, "any", "dog bulldog"),
    _kind("cat", ("lawn", "path", "terrace", "floor"), "any", "cat siameseCat"),
    _kind("rabbit", ("lawn",), "any", "rabbit"),
    _kind("chicken", ("lawn", "path"), "any", "chicken"),
    _kind("horse", ("lawn",), "any", "horse horse2"),
)

_STREET = (
    _kind(
        "car",
        ("road",),
        "along",
        "fordFocus concept-sedan-01v1 concept-sedan-01v2 concept-sedan-02 concept-sedan-02-sport VW-new-beetle "
        "chevrolet peugeot-308 renault-scenic suv seat_leon smart-car",
        share=5.0,
    ),
    _kind("van", ("road",), "along", "van truck"),
    _kind("motorcycle", ("road",), "along", "yamaha-yzr-r6 scooter2"),
    _kind("bicycle", ("road", "pavement", "path"), "along", "bicycle bike"),
    _kind("park-bench", ("pavement", "grass"), "road", "painted-bench concrete-bench wood_bank littlebank"),
    _kind("bin", ("pavement",), "any", "park-trashcan residential-trashcan bullet-trash-can"),
    _kind("hydrant", ("pavement",), "any", "fire-hydrant"),
    _kind("letter-box", ("pavement",), "road", "mofx_mailbox"),
    _kind("traffic-cone", ("road", "pavement"), "any", "cone"),
    _kind("stroller", ("pavement", "path"), "any", "stroller"),
    _kind("carton", ("pavement", "terrace", "floor"), "any", "cardboard-box open-cardboard-box"),
)

_YARD = (
    _kind(
        "garden-chair", GARDEN, "any", "cafe-chair silla_teca rattanArmchair plastic_chair plasticChair foldingChair"
    ),
    _kind("lounger", GARDEN, "any", "poolLounge deckChair beach_chair chair_deck"),
    _kind("garden-table", GARDEN, "any", "cafe-table ext_table rattanTable"),
    _kind("garden-sofa", ("terrace",), "wall", "rattanSofa wood_bank painted-bench"),
    _kind("parasol", GARDEN, "any", "umbrella"),
    _kind("swing", ("lawn",), "any", "childSwing child_swing"),
    _kind("slide", ("lawn",), "any", "parque"),
    _kind("seesaw", ("lawn",), "any", "seesaw"),
    _kind("trampoline", ("lawn",), "any", "trampoline"),
    _kind("sandpit", ("lawn",), "any", "sandpit round-swimming-pool"),
    _kind("dog-house", ("lawn",), "any", "dog-house"),
    _kind("camping-tent", ("lawn",), "any", "campingTent"),
    _kind("wheelbarrow", ("lawn", "path"), "any", "wheelbarrow"),
    _kind("mower", ("lawn",), "any", "mower"),
    _kind("stone-lantern", ("lawn",), "any", "lantern stoneLantern"),
    _kind("tricycle", ("path", "terrace", "floor"), "any", "tricycle"),
    _kind("oak-barrel", ("lawn", "terrace"), "any", "barrel"),
    _kind("pot-plant", ("terrace", "floor"), "any", "plant decorativePlant spatifilum maceta yuccaPlant ficus"),
    _kind("rock", ("lawn",), "any", "rock1 rock2 rock3"),
)

_ROOM = (
    _kind(
        "chair",
        ("floor",),
        "any",
        "chair chair2 chair3 chair4 plaidChair kitchenChair oakChair osakaChair ella_chair_f antiqueChair thonet "
        "dining-chair white_kitchen_chair chairWithCushion office-chair office_chair",
    ),
    _kind(
        "armchair",
        ("floor",),
        "any",
        "armchair armchair1 armchair2 armchair3 modernArmchair winchesterArmchair mid-century-chair fotel "
        "modern_armchair",
    ),
    _kind(
        "sofa",
        ("floor",),
        "wall",
        "sofa2 sofa3 couch couch3 winchesterSofa mid-century-sofa futon-couch burlap_sofa clear_sofa simple_sofa "
        "leather_sofa beige_sofa beige_sofa_2seats",
    ),
    _kind("bed", ("floor",), "wall", "bed1 bed2 iron_bed juniorBed captains-bed children_bed"),
    _kind("cabinet", ("floor",), "wall", "cupboard wardrobe utility-shelving bookcase full-bookcase highCabinet"),
    _kind("piano", ("floor",), "wall", "piano"),
    _kind("stool", ("floor",), "any", "stool2 silla2 green_stool kitchen_stool bar-stool pianoBench"),
    _kind("floor-lamp", ("floor",), "any", "living_lamp"),
    _kind("waste-basket", ("floor",), "any", "dustbin recycling-bin"),
    _kind("toy", ("floor",), "any", "caballito teddyBear doll-house"),
    _kind("luggage", ("floor",), "any", "suitcase backpack trunk-large"),
    _kind("guitar", ("floor",), "any", "electricGuitar"),
    _kind("beanbag", ("floor",), "any", "puff"),
    _kind("fan", ("floor", *ON_TOP), "any", "tableFan riggedFan"),
    _kind("lamp", ON_TOP, "any", "lamp desklamp little_lamp1 livingroom_lamp1 table_lamp"),
    _kind("computer", ("table",), "any", "laptop apple-ibook-2001 apple-imac-1998 apple_pc"),
    _kind("television", ("shelf",), "wall", "tv led_tv"),
    _kind("bottle", ON_TOP, "any", "wine_bottle red-wine-bottle-01 beer_bottle tetrapak yogurtBottle"),
    _kind("vase", ON_TOP, "any", "vase1 vase2 vase3 jar old_jar pottery"),
    _kind("flowers", ON_TOP, "any", "tulip tulips white_lily calla_lily_with_roses orchids cactus littlePlant"),
    _kind("bowl", ("table",), "any", "bowlWithFruits bowlWithSalad apples bowl"),
    _kind("cake", ("table",), "any", "birthday_cake roasted-chicken bread"),
    _kind("cup", ("table",), "any", "coffee_cup coffee-mug cup plasticCup"),
    _kind("kettle", ("table",), "any", "boiler espressokettle teapot"),
    _kind(
        "kitchen-machine",
        ON_TOP,
        "any",
        "kitchenaid toaster coffee-maker coffeeBrewer kitchenScale microwave cooker",
    ),
    _kind("radio", ON_TOP, "any", "radio mp3_base_for_ipad speaker2 mini_stereo"),
    _kind("bag", ON_TOP, "any", "handbag briefcase gift"),
    _kind("toy-on-table", ON_TOP, "any", "teddyBear toyTrain carrito-de-madera"),
)

CARRIERS = (
    _kind(
        "table",
        ("floor",),
        "any",
        "table table4 black_table wooden_table_office wooden_office_alder_table wooden_office_pear_table_rect "
        "simpleDesk table-on-trestles table-with-leaning-feet folding-table biurko3",
    ),
    _kind(
        "shelf",
        ("floor",),
        "wall",
        "tvStand dresserWithDrawers bedsideTable bedsideTable2 filing-cabinet drawersCabinet lowerCabinet",
    ),
)
"""Kinds whose tops carry small things; one of each is fixed furniture of a room. All have a flat, rectangular top."""

SCENERY = {
    "tree": ("sycamoreMaple", "copperBeech", "poplar", "ficusTree", "acacia", "japaneseMaple", "cypress"),
    "street-lamp": ("farola1", "park-light", "classic-lamppost", "candelabre"),
    "hedge": ("hedgeTextured", "hedge", "bush"),
}
"""Models that only decorate."""

CATALOGUE_KINDS: tuple[Kind, ...] = (*_BEINGS, *_STREET, *_YARD, *_ROOM, *CARRIERS)
