"""The regions that rows name by code, by text or by their address, looked up for a whole batch."""

from collections.abc import Iterable, Sequence

from silian.identifiers import public_id
from silian.library.regions import regions_in_force
from silian.portal.registry.domain.references import MENTIONS, mentions_register, portions
from silian.portal.registry.domain.region_names import (
    level_of,
    parent_of,
    siblings_registered,
)
from silian.portal.registry.domain.region_reading import Kept, Meant, RegionReader, codes_above
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.models import Region, Register

_NONE = Meant()


def reader_of_kept() -> RegionReader:
    """Reads by the regions that are kept now."""
    held = Region.objects.order_by("adcode").values_list(
        "id", "adcode", "name", "level", "parent_adcode", "register__code", "source_hash"
    )
    return RegionReader(
        Kept(*region, mentioned=register == MENTIONS and not source_hash)
        for *region, register, source_hash in held
    )


class RegionFinder:
    """Finds regions for one register; one that is in force and not kept yet is made.

    Such a region is kept as mentioned: a name that others bear, too, doesn't mean it because of
    that.

    Parameters
    ----------
    register
        Register of the rows.
    """

    def __init__(self, register: Register) -> None:
        self.register = register
        self.by_adcode: dict[str, int] = {}
        self._meant: dict[str, Meant] = {}
        self._by_address: dict[str, str] = {}
        self._reader: RegionReader | None = None

    def clear(self) -> None:
        """Forget what was found."""
        self.by_adcode.clear()
        self._meant.clear()
        self._by_address.clear()
        self._reader = None

    def look_up(self, rows: Sequence[CheckedRow]) -> None:
        """Find what the rows name; where they name no region, that of their address."""
        adcodes, names, pairs = set[str](), set[str](), []
        for row in rows:
            named = {r.by: value for r, value in row.references if r.to == "region"}
            if "adcode" in named:
                adcodes.add(named["adcode"])
            elif "name" in named:
                names.add(named["name"])
            if row.fields.get("address") and "adcode" not in named:
                pairs.append((named.get("name", ""), row.fields["address"]))
        self._find_codes(adcodes - self.by_adcode.keys())
        for name in names - self._meant.keys():
            self._meant[name] = self._read_by().meant(name)
        for name, address in pairs:
            if not self.meant(name).adcode and address not in self._by_address:
                self._by_address[address] = self._read_by().in_address(address)
        codes = {meant.adcode for meant in self._meant.values()} | set(self._by_address.values())
        self._find_in_force(codes - self.by_adcode.keys() - {""})

    def meant(self, name: str) -> Meant:
        """What a name means."""
        return self._meant.get(name, _NONE)

    def of_name(self, name: str) -> int | None:
        """The region that a name means, if it is one."""
        return self.by_adcode.get(self.meant(name).adcode)

    def of_address(self, address: str) -> int | None:
        """The region with which an address begins, if it is beyond doubt."""
        return self.by_adcode.get(self._by_address.get(address, ""))

    def _read_by(self) -> RegionReader:
        if self._reader is None:
            self._reader = reader_of_kept()
        return self._reader

    def _find_codes(self, adcodes: Iterable[str]) -> None:
        for portion in portions(adcodes):
            self._find(portion)
            missing = [code for code in portion if code not in self.by_adcode]
            known = regions_in_force()
            self._make([code for code in missing if code in known])
            unchecked = [code for code in missing if code not in known]
            self._make([code for code in unchecked if not siblings_registered(code)])

    def _find_in_force(self, codes: Iterable[str]) -> None:
        """Find or make regions with all above them."""
        known = regions_in_force()
        wanted = {code for one in codes for code in (one, *codes_above(one))}
        self._find(wanted)
        self._make([code for code in sorted(wanted - self.by_adcode.keys()) if code in known])

    def _find(self, codes: Iterable[str]) -> None:
        for portion in portions(codes):
            found = Region.objects.filter(adcode__in=portion)
            self.by_adcode.update(found.values_list("adcode", "id"))

    def _make(self, adcodes: list[str]) -> None:
        if not adcodes:
            return
        mentions, known = mentions_register(), regions_in_force()
        Region.objects.bulk_create(
            [
                Region(
                    register=mentions if code in known else self.register,
                    source_key=code,
                    public_id=public_id(
                        "region", MENTIONS if code in known else self.register.code, code
                    ),
                    adcode=code,
                    name=known.get(code, code),
                    level=level_of(code),
                    parent_adcode=region_above(code),
                )
                for code in adcodes
            ],
            ignore_conflicts=True,
        )
        self._find(adcodes)


def region_above(code: str) -> str:
    """Code of the region that one lies in: its city if that is one in force, else its province."""
    known, above = regions_in_force(), parent_of(code)
    if code in known and level_of(code) == "district" and above not in known:
        return parent_of(above)
    return above
