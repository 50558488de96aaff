"""Do two people who code the same replies agree more than chance would?"""

from collections import Counter
from collections.abc import Hashable, Sequence


def cohens_kappa(labels_a: Sequence[Hashable], labels_b: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two coders over the same replies, in the same order.

    None without replies, or when both used one and the same label throughout: chance agreement is then total.
    """
    if len(labels_a) != len(labels_b):
        raise ValueError(f"two coders, but {len(labels_a)} and {len(labels_b)} labels")
    n, used_a, used_b = len(labels_a), Counter(labels_a), Counter(labels_b)
    agreed = sum(a == b for a, b in zip(labels_a, labels_b, strict=True)) * n
    chance = sum(count * used_b[label] for label, count in used_a.items())
    return (agreed - chance) / (n * n - chance) if n * n > chance else None
