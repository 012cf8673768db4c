"""silian 四链: one platform for a region's innovation, industry, capital and talent chains."""

__version__ = "0.1.0"
