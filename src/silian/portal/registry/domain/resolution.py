"""What rows refer to, looked up for a whole batch at once.

Never merged on doubt: a name that could be two organisations is neither of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from silian.identifiers import public_id
from silian.portal.registry.domain.chain_nodes import NodeFinder
from silian.portal.registry.domain.history import Change, record_history
from silian.portal.registry.domain.names import kind_by_name, name_key
from silian.portal.registry.domain.references import (
    is_public_id,
    kept_ids,
    mentions_register,
    portions,
)
from silian.portal.registry.domain.region_finding import RegionFinder
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.interfaces.columns import Reference
from silian.portal.registry.models import Organisation, OrganisationName, Person, Register

_ANY_OF_SEVERAL = "?"  # in place of the code of a mention that could be several organisations


@dataclass(slots=True)
class Wanted:
    """References of a batch, by what they name and how."""

    organisation_codes: set[str] = field(default_factory=set)
    organisation_keys: set[str] = field(default_factory=set)
    organisation_names: dict[str, str] = field(default_factory=dict)  # key to spelling
    person_keys: set[str] = field(default_factory=set)

    def collect(self, rows: Iterable[CheckedRow]) -> None:
        for row in rows:
            for reference, value in row.references:
                self._add(reference, value if reference.many else [value])

    def _add(self, reference: Reference, values: Sequence[str]) -> None:
        match reference.to, reference.by:
            case "organisation", "code":
                self.organisation_codes.update(values)
            case "organisation", "key":
                self.organisation_keys.update(values)
            case "organisation", "name":
                for value in values:
                    self.organisation_names.setdefault(name_key(value), value)
            case "person", "key":
                self.person_keys.update(values)


class Resolver:
    """Finds organisations, regions and people for one register; one instance a load.

    Parameters
    ----------
    register
        Register of the rows; keys are its keys.
    change
        What the history of placeholders says.
    """

    def __init__(self, register: Register, change: Change) -> None:
        self.register = register
        self.change = change
        self.organisation_by_code: dict[str, int] = {}
        self.organisation_by_key: dict[str, int] = {}
        self.organisation_by_name: dict[str, int] = {}
        self.code_by_name: dict[str, str] = {}  # unified code of what a name stands for
        self.names_in_doubt: set[str] = set()
        self.person_by_key: dict[str, int] = {}
        self.regions = RegionFinder(register)
        self.chain_nodes = NodeFinder(register, change)
        self.made_ids: list[str] = []  # public ids of placeholders

    def begin_batch(self) -> None:
        """Forget what was found: another process may have changed it meanwhile."""
        for held in (
            self.organisation_by_code,
            self.organisation_by_key,
            self.organisation_by_name,
            self.code_by_name,
            self.names_in_doubt,
            self.person_by_key,
        ):
            held.clear()
        self.regions.clear()
        self.chain_nodes.clear()
        self.made_ids.clear()

    def look_up(self, rows: Sequence[CheckedRow]) -> None:
        """Find everything that the rows refer to; organisations not found are noted as such."""
        wanted = Wanted()
        wanted.collect(rows)
        self._find_by_code(wanted.organisation_codes - self.organisation_by_code.keys())
        self._find_by_key(wanted.organisation_keys - self.organisation_by_key.keys())
        self.find_by_name(wanted.organisation_names.keys() - self.organisation_by_name.keys())
        self.regions.look_up(rows)
        self.find_people(wanted.person_keys - self.person_by_key.keys())
        self._make_placeholders(rows)
        self.chain_nodes.look_up(rows)

    # Organisations

    def _find_by_code(self, codes: Iterable[str]) -> None:
        for portion in portions(codes):
            found = Organisation.objects.filter(unified_social_credit_code__in=portion)
            rows = found.order_by("-registered", "id").values_list(
                "unified_social_credit_code", "id", "register_id"
            )
            for code, key, register_id in rows:
                if code not in self.organisation_by_code or register_id == self.register.pk:
                    self.organisation_by_code[code] = key

    def _find_by_key(self, keys: Iterable[str]) -> None:
        for portion in portions(keys):
            ids = [key for key in portion if is_public_id(key)]
            if ids:
                found = Organisation.objects.filter(public_id__in=ids)
                self.organisation_by_key.update(found.values_list("public_id", "id"))
            own = Organisation.objects.filter(register=self.register, source_key__in=portion)
            self.organisation_by_key.update(own.values_list("source_key", "id"))

    def find_by_name(self, keys: Iterable[str]) -> None:
        """Organisations by exact folded name; official names go before former and other ones."""
        for portion in portions(keys):
            held: dict[str, dict[str, list[tuple[int, str]]]] = {}
            rows = OrganisationName.objects.filter(normalised__in=portion).order_by(
                "organisation_id"
            )
            for key, kind, organisation, code in rows.values_list(
                "normalised",
                "name_kind",
                "organisation_id",
                "organisation__unified_social_credit_code",
            ):
                group = "official" if kind == "official" else "other"
                held.setdefault(key, {}).setdefault(group, []).append((organisation, code))
            for key, groups in held.items():
                found = _undoubted(groups)
                if found is None and "official" in groups:
                    self.names_in_doubt.add(key)
                elif found is not None:
                    self.organisation_by_name[key] = found
                    codes = {code for group in groups.values() for _, code in group if code}
                    self.code_by_name[key] = codes.pop() if len(codes) == 1 else ""

    def organisation_of(self, row: CheckedRow) -> int | None:
        """Organisation that a row names: by code, else by key, else by name.

        A name doesn't outweigh a code: who holds another one is somebody else.
        """
        named = {
            reference.by: value
            for reference, value in row.references
            if reference.to == "organisation" and not reference.many
        }
        code, name = named.get("code", ""), name_key(named.get("name", ""))
        found = self.organisation_by_code.get(code) or self.organisation_by_key.get(
            named.get("key", "")
        )
        if found or contradict(code, self.code_by_name.get(name, "")):
            return found
        return self.organisation_by_name.get(name)

    def _make_placeholders(self, rows: Sequence[CheckedRow]) -> None:
        made: dict[str, Organisation] = {}
        mentions = None
        for row in rows:
            named = {r.by: v for r, v in row.references if r.to == "organisation" and not r.many}
            if named and self.organisation_of(row) is None:
                key = named.get("key", "")
                name = named.get("name", "")
                if key and not is_public_id(key):
                    made.setdefault(key, self._placeholder(self.register, key, name or key))
                elif name:
                    mentions = mentions or mentions_register()
                    code = named.get("code", "")
                    mention = self._mention_key(name_key(name), code)
                    made.setdefault(
                        f"\x1f{mention}", self._placeholder(mentions, mention, name, code)
                    )
            for reference, values in row.references:
                if reference.to != "organisation" or not reference.many:
                    continue
                for value in values:
                    if reference.by == "key":
                        if value not in self.organisation_by_key and not is_public_id(value):
                            made.setdefault(value, self._placeholder(self.register, value, value))
                    elif (folded := name_key(value)) not in self.organisation_by_name:
                        mentions = mentions or mentions_register()
                        mention = self._mention_key(folded, "")
                        made.setdefault(
                            f"\x1f{mention}", self._placeholder(mentions, mention, value)
                        )
        if made:
            self._save_placeholders(list(made.values()))

    def _mention_key(self, folded: str, code: str) -> str:
        """Key of a mention: its name, and its code where the name is another's already."""
        if not code and folded in self.names_in_doubt:
            return mention_key(folded, _ANY_OF_SEVERAL)
        taken = self.code_by_name.setdefault(folded, code)
        if code and (folded in self.names_in_doubt or contradict(code, taken)):
            return mention_key(folded, code)
        return mention_key(folded)

    def _placeholder(self, register: Register, key: str, name: str, code: str = "") -> Organisation:
        return Organisation(
            register=register,
            source_key=key,
            public_id=public_id("organisation", register.code, key),
            name=name[:200],
            unified_social_credit_code=code,
            organisation_kind=kind_by_name(name),
            registered=False,
        )

    def _save_placeholders(self, made: list[Organisation]) -> None:
        ids = [organisation.public_id for organisation in made]
        # A mention that stood already, found by its key alone, is no new record.
        there = kept_ids(Organisation, ids)
        # Another load may have made the same one since we looked.
        Organisation.objects.bulk_create(made, ignore_conflicts=True)
        names, by_id = [], {}
        for portion in portions(ids):
            by_id.update(
                Organisation.objects.filter(public_id__in=portion).values_list("public_id", "id")
            )
        for organisation in made:
            key = by_id[organisation.public_id]
            folded = name_key(organisation.name)
            if organisation.register_id == self.register.pk:
                self.organisation_by_key[organisation.source_key] = key
            else:
                self.organisation_by_name.setdefault(folded, key)
            if organisation.unified_social_credit_code:
                self.organisation_by_code.setdefault(organisation.unified_social_credit_code, key)
            if organisation.name != organisation.source_key:
                names.append(
                    OrganisationName(
                        organisation_id=key,
                        name=organisation.name,
                        normalised=folded,
                        name_kind=OrganisationName.NameKind.OFFICIAL,
                    )
                )
        OrganisationName.objects.bulk_create(names, ignore_conflicts=True)
        new = [identifier for identifier in ids if identifier not in there]
        record_history(Organisation, [by_id[identifier] for identifier in new], "+", self.change)
        self.made_ids.extend(new)

    # People

    def find_people(self, keys: Iterable[str]) -> None:
        """People by source key in this register, or by public id."""
        for portion in portions(keys):
            ids = [key for key in portion if is_public_id(key)]
            if ids:
                found = Person.objects.filter(public_id__in=ids)
                self.person_by_key.update(found.values_list("public_id", "id"))
            own = Person.objects.filter(register=self.register, source_key__in=portion)
            self.person_by_key.update(own.values_list("source_key", "id"))


def mention_key(folded: str, code: str = "") -> str:
    """Key of an organisation that is only mentioned so far."""
    return f"{folded[:180]} {code}" if code else folded[:200]


def contradict(code: str, other: str) -> bool:
    """Whether two unified codes say that these are two organisations."""
    return bool(code and other and code != other)


def _undoubted(groups: dict[str, list[tuple[int, str]]]) -> int | None:
    """The organisation behind a name, or ``None`` where it could be several.

    Two registers may list one organisation under its full official name; the first stands for
    it, unless their unified codes contradict each other. Short names prove nothing.
    """
    official = groups.get("official", [])
    if official:
        codes = {code for _, code in official if code}
        return official[0][0] if len(codes) < 2 else None
    others = {organisation for organisation, _ in groups["other"]}
    return others.pop() if len(others) == 1 else None
