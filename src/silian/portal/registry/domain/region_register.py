"""The list of regions in force as a register of its own, kept only when somebody asks for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.identifiers import public_id
from silian.library.regions import regions_in_force
from silian.portal.audit.domain import log
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.registry.domain.history import Change, record_history
from silian.portal.registry.domain.inserting import insert_records
from silian.portal.registry.domain.references import MENTIONS, portions
from silian.portal.registry.domain.region_finding import reader_of_kept, region_above
from silian.portal.registry.domain.region_names import level_of
from silian.portal.registry.domain.region_reading import codes_above
from silian.portal.registry.domain.saving import overwrite
from silian.portal.registry.domain.upsert import register_of
from silian.portal.registry.models import Organisation, Region, Register

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

REGIONS_REGISTER = "regions-in-force"


class NoSuchRegion(EngineError, LookupError):
    """A code with which no region in force begins."""

    code = "no_such_region"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRegions:
    """How many regions were made, named, or kept as another register has them.

    ``placed_count`` is how many organisations without a region have one now, by their address.
    """

    made_count: int
    named_count: int
    unchanged_count: int
    placed_count: int = 0


def keep_regions(viewer: "Viewer", within: str = "") -> KeptRegions:
    """Keep the regions in force, from then on meant by their bare names.

    Organisations without a region get that of their address, where a text that a load could not
    read is kept, too. What another register told of a region stays; one that was only mentioned so far becomes known.

    Parameters
    ----------
    within
        Beginning of their codes: ``33`` for a province, ``3302`` for a city; those above come
        along. All of them where it is empty.

    Raises
    ------
    NoSuchRegion
        If no code begins so.
    """
    names = regions_in_force()
    own = {code for code in names if code.startswith(within)}
    if not own:
        raise NoSuchRegion(
            f"no region in force has a code that begins with {within!r}; give 33 for a province, "
            "3302 for a city, 330203 for a district."
        )
    wanted = own | {above for code in own for above in codes_above(code) if above in names}
    change = Change(reason="regions in force", when=timezone.now(), user_id=viewer.user_id)
    with transaction.atomic():
        held = {}
        for portion in portions(sorted(wanted)):
            regions = Region.objects.select_for_update(of=("self",)).select_related("register")
            held.update({region.adcode: region for region in regions.filter(adcode__in=portion)})
        made = _make(wanted - held.keys(), change)
        named = _name([region for region in held.values() if _is_open(region)], change)
        placed = _place(change)
        log("regions.keep", viewer, within or "*", made=made, named=named, placed=placed)
    return KeptRegions(
        made_count=made,
        named_count=named,
        unchanged_count=len(held) - named,
        placed_count=placed,
    )


def _register() -> Register:
    return register_of(
        REGIONS_REGISTER, "行政区划（2025 年末）", name_en="Regions in force, end of 2025"
    )


def _make(codes: Iterable[str], change: Change) -> int:
    names, register = regions_in_force(), _register()
    made = [
        Region(
            register=register,
            source_key=code,
            public_id=public_id("region", REGIONS_REGISTER, code),
            adcode=code,
            name=names[code],
            level=level_of(code),
            parent_adcode=region_above(code),
        )
        for code in sorted(codes)
    ]
    insert_records(made)
    record_history(Region, [region.pk for region in made], "+", change)
    return len(made)


def _name(regions: Sequence[Region], change: Change) -> int:
    if not regions:
        return 0
    names, register = regions_in_force(), _register()
    for region in regions:
        code = region.adcode
        region.register, region.name, region.source_key = register, names[code], code
        region.level, region.parent_adcode = level_of(code), region_above(code)
        region.updated_at = change.when
    overwrite(regions)
    record_history(Region, [region.pk for region in regions], "~", change)
    enqueue([region.public_id for region in regions])
    return len(regions)


def _place(change: Change) -> int:
    """Give organisations without a region that of their address; how many have one now."""
    without = Organisation.objects.filter(region=None, withheld={}).exclude(address="")
    reader, places = reader_of_kept(), dict[int, str]()
    for key, address in without.order_by("pk").values_list("pk", "address").iterator():
        if code := reader.in_address(address):
            places[key] = code
    regions = dict(Region.objects.values_list("adcode", "pk"))
    n_placed = 0
    for portion in portions(key for key, code in places.items() if code in regions):
        rows = Organisation.objects.select_for_update().filter(pk__in=portion, region=None)
        organisations = list(rows.order_by("pk"))
        for organisation in organisations:
            organisation.region_id = regions[places[organisation.pk]]
            organisation.updated_at = change.when
        if organisations:
            overwrite(organisations)
            record_history(Organisation, [one.pk for one in organisations], "~", change)
            enqueue([one.public_id for one in organisations])
            n_placed += len(organisations)
    return n_placed


def _is_open(region: Region) -> bool:
    """Whether nobody has told of a region yet: it was mentioned, or only its code was."""
    is_mentioned = region.register.code == MENTIONS and not region.source_hash
    return is_mentioned or region.name == region.adcode
