"""A handler that returns what the event names: one result for each kind of value that Python has."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import types
import uuid

Point = collections.namedtuple("Point", "x y")


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 1


class Tier(str, enum.Enum):  # noqa: UP042  # StrEnum is another class
    GOLD = "gold"


class OddInt(int):
    def __repr__(self):
        return "odd"


class OddFloat(float):
    def __repr__(self):
        return "odd"


class OddText(str):
    __slots__ = ()

    def __str__(self):
        return "odd"


class Listed(list):
    pass


class ForJson:
    def for_json(self):
        return 1


class AsDict:
    def _asdict(self):
        return {"as": 1}


@dataclasses.dataclass
class Data:
    x: int = 1


def own_list():
    value = []
    value.append(value)
    return value


def own_dict():
    value = {}
    value["a"] = value
    return value


def twice():
    part = [1]
    return [part, part]


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


D = decimal.Decimal
RESULTS = {
    "none": lambda: None,
    "true": lambda: True,
    "int": lambda: 1,
    "big_int": lambda: 10**30,
    "float": lambda: [1.5, 1e22, 1e16, 1e-7, -0.0],
    "nan": lambda: math.nan,
    "infinity": lambda: [math.inf, -math.inf],
    "text": lambda: 'a"b\\c\n\t\x00\x7f/',
    "not_ascii": lambda: "grüße 😀 \u2028",
    "half_a_pair": lambda: "\ud800",
    "bytes": lambda: b"abc",
    "bytes_inside": lambda: {"k": b"abc"},
    "bytes_that_are_not_utf8": lambda: {"k": b"\xff"},
    "bytearray": lambda: {"k": bytearray(b"a")},
    "decimal": lambda: {"d": D("1.10"), "e": D("1E+2"), "i": D(3), "z": D("-0")},
    "decimal_of_many_digits": lambda: D("123456789012345678901234567890.5"),
    "decimal_nan": lambda: [D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity")],
    "datetime": lambda: {"at": datetime.datetime(2026, 1, 1)},
    "date": lambda: datetime.date(2026, 1, 1),
    "timedelta": lambda: datetime.timedelta(1),
    "set": lambda: {1},
    "frozenset": frozenset,
    "uuid": lambda: uuid.UUID(int=0),
    "enum": lambda: Colour.RED,
    "int_enum": lambda: Level.HIGH,
    "text_enum": lambda: Tier.GOLD,
    "subclasses": lambda: [OddInt(3), OddFloat(3), OddText("x"), Listed([1])],
    "for_json": ForJson,
    "as_dict": AsDict,
    "namedtuple": lambda: {"p": Point(1, D("2.50"))},
    "tuple": lambda: (1, (2,)),
    "dicts": lambda: [
        collections.OrderedDict(b=1, a=2),
        collections.defaultdict(int, a=1),
        collections.Counter("aab"),
    ],
    "deque": lambda: collections.deque([1]),
    "generator": lambda: (one for one in [1]),
    "range": lambda: range(3),
    "values": {"a": 1}.values,
    "mappingproxy": lambda: types.MappingProxyType({"a": 1}),
    "complex": lambda: 1j,
    "fraction": lambda: fractions.Fraction(1, 2),
    "object": object,
    "class": lambda: int,
    "function": lambda: len,
    "exception": lambda: ValueError("x"),
    "dataclass": Data,
    "keys": lambda: {2: 1, 1.5: 2, True: 3, None: 4, b"k": 5, Tier.GOLD: 7, math.nan: 8},
    "key_int_enum": lambda: {Level.HIGH: 1},
    "key_tuple": lambda: {(1, 2): 1},
    "key_decimal": lambda: {D("1.5"): 1},
    "key_date": lambda: {datetime.date(2026, 1, 1): 1},
    "key_twice": lambda: {1: "a", "1": "b"},
    "empty": lambda: [{}, [], ()],
    "nested": lambda: {"a": 1, "b": [1, 2, {"c": None}]},
    "contains_itself": own_list,
    "contains_itself_too": own_dict,
    "twice_the_same": twice,
    "too_deep": deep,
}


def handler(event, context):
    return RESULTS[event]()
