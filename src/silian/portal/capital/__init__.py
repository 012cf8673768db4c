"""The capital chain: money that was paid; products, pools and funds follow."""
