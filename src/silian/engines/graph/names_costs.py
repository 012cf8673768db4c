"""What the pieces of a name cost; the cheapest way to cut a name wins (``names_segmentation``)."""

#: Cost of a brand by its length; longer ones pay LONG_BRAND a character more.
BRAND = {1: 4.0, 2: 1.0, 3: 1.7, 4: 2.2, 5: 3.6, 6: 4.4}
LONG_BRAND = 0.8
NO_BRAND = 3.4
BRAND_IS_REGION = 3.6
BRAND_IS_TRADE = 3.2
BRAND_HOLDS_REGION = 1.2
SPLITS_WORD = 0.7
SPLITS_LISTED = 2.0
LONG_WORD = 4
REGION = {"province": 0.3, "prefecture": 0.5, "county": 1.9, "world": 1.0}
FULL_REGION = 0.2
COUNTY_OF_REGION = 0.5
TOWN = 1.4
LATE_REGION = 1.2
TRADE = 0.5
TRADE_CHARACTER = 1.9
COMMON_WORD = 1.3
UNKNOWN_TRADE = 1.6
UNKNOWN_CHARACTER = 0.9
CLASS_CHARACTER = 0.9
CLASS_CHARACTERS = frozenset("业学品器机材具料剂件仪药纸油电车食饮服网链板管线膜布鞋酒茶")
LONGEST_UNKNOWN = 4
#: Lengths of brands, the likeliest first.
LIKELY_LENGTHS = (2, 3, 4, 0, 5, 6, 1, 7, 8, 9, 10)
LENGTH_COST = {
    length: NO_BRAND if not length else BRAND.get(length, BRAND[6] + LONG_BRAND * (length - 6))
    for length in LIKELY_LENGTHS
}
#: The same with the least that this length or any after it costs.
LENGTHS = [
    (length, LENGTH_COST[length], min(LENGTH_COST[one] for one in LIKELY_LENGTHS[place:]))
    for place, length in enumerate(LIKELY_LENGTHS)
]
#: The same of brands with Latin letters, of which many count as few characters.
LATIN_LENGTHS = [
    (length, cost if not length else min(BRAND.values()), min(BRAND.values()))
    for length, cost, _ in LENGTHS
]
LONGEST_PLACE = 4
#: A brand doesn't begin with one of these.
PLACE_SUFFIXES = "省市县"
LONGEST_PART = 8
INFINITE = float("inf")

#: Cost of trade characters that nothing explains, by their number; the same where the last of them
#: names a class of things (业, 机).
UNKNOWN = [UNKNOWN_TRADE + UNKNOWN_CHARACTER * n for n in range(LONGEST_UNKNOWN + 1)]
UNKNOWN_CLASS = [cost - CLASS_CHARACTER for cost in UNKNOWN]
