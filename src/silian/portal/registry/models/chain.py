"""Industry chains: nodes (sectors, products, stages), their links, and who stands where."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from silian.portal.bilingual import both
from silian.portal.registry.models.base import Record
from silian.portal.registry.models.organisation import Organisation


class ChainNode(Record):
    """One node of an industry chain (产业链环节): a sector, a product or a stage of making."""

    kind = "chain_node"

    class NodeKind(models.TextChoices):
        INDUSTRY = "industry", both("行业", "Industry")
        PRODUCT = "product", both("产品", "Product")
        STAGE = "stage", both("环节", "Stage")

    name = models.CharField("名称", max_length=200, db_index=True)
    name_en = models.CharField("英文名称", max_length=300, blank=True)
    node_kind = models.CharField(
        "类型", max_length=16, choices=NodeKind.choices, default=NodeKind.PRODUCT, db_index=True
    )
    code = models.CharField("代码", max_length=32, blank=True, db_index=True)
    description = models.TextField("说明", blank=True)
    keywords = models.JSONField("关键词", default=list, blank=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "产业链环节"

    def __str__(self) -> str:
        return self.name


class ChainLink(Record):
    """A link between two nodes (产业链关系), as one register tells it."""

    kind = "chain_link"

    class Relation(models.TextChoices):
        UPSTREAM = "upstream", both("上游（供给）", "Upstream: source feeds target")
        PART_OF = "part_of", both("小类（属于）", "Part: source is a kind or part of target")

    source = models.ForeignKey(
        ChainNode, models.CASCADE, related_name="links_out", verbose_name="起点环节"
    )
    target = models.ForeignKey(
        ChainNode, models.CASCADE, related_name="links_in", verbose_name="终点环节"
    )
    relation = models.CharField(
        "关系", max_length=16, choices=Relation.choices, default=Relation.UPSTREAM, db_index=True
    )
    weight = models.FloatField("权重", default=1.0, validators=[MinValueValidator(0)])

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "产业链关系"

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class ChainMember(Record):
    """An organisation that a register places at a node (环节企业): what it makes there.

    Patents, achievements, people and platforms are placed by their texts, with a confidence;
    those placements follow from the records and are no records themselves.
    """

    kind = "chain_member"

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="chain_places", verbose_name="单位"
    )
    node = models.ForeignKey(ChainNode, models.CASCADE, related_name="members", verbose_name="环节")
    revenue_share = models.FloatField(
        "占营业收入比重",
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    role = models.CharField("角色", max_length=100, blank=True)  # as the register says: 主营产品

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "环节企业"

    def __str__(self) -> str:
        return f"{self.organisation} · {self.node}"
